-- Definer: the sidecar has no rights on tables.
create or replace function engine.due_jobs() returns setof text
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select s.job
  from engine.job_states(clock_timestamp()) as s
  where s.is_due;
end;
$$;
comment on function engine.due_jobs() is
  'Returns the jobs that pg_cron does not do and that a sidecar has to do now.';
grant execute on function engine.due_jobs() to skylatch_sidecar;
