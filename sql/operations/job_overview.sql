-- Definer: operators have no rights on tables.
create or replace function engine.job_overview()
  returns table (
    job text,
    scheduled_by text,
    is_silent boolean,
    last_succeeded_at timestamptz,
    last_succeeded_by text,
    cron_succeeded_at timestamptz,
    stopped_at timestamptz,
    stopped_by text,
    stop_reason text
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select
    s.job,
    s.scheduled_by,
    s.is_silent or s.is_cron_silent,
    b.last_succeeded_at,
    b.last_succeeded_by,
    b.cron_succeeded_at,
    s.stopped_at,
    s.stopped_by,
    s.stop_reason
  from engine.job_states(clock_timestamp()) as s
  left join engine.job_beats as b on b.job = s.job;
end;
$$;
comment on function engine.job_overview() is
  'Lists every scheduled job: who does it, when it was last done, and who stopped it.';
grant execute on function engine.job_overview() to skylatch_operator, service_role;
