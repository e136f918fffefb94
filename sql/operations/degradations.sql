-- Lists what works less well than it should, for readers who may know no more: parts
-- and counts, no names, ids or texts. Definer: the sidecar has no rights on tables.
create or replace function engine.degradations()
  returns table (part text, problem text)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select 'jobs', format('%s is silent', s.job)
  from engine.job_states(v_now) as s where s.is_silent
  union all
  select 'workers', 'none beats'
  where not exists (
    select from engine.workers as w
    where engine.is_beating(w.seen_at, v_now)
  )
  union all
  select
    'flags',
    case
      when s.initialized is not true then 'never loaded'
      when engine.is_recent(s.heartbeat_at, s.stale_after, v_now) is not true
        then 'stale'
      else 'their source is gone'
    end
  from engine.flag_sync as s
  where s.initialized is not true
    or s.source_failed_at is not null
    or engine.is_recent(s.heartbeat_at, s.stale_after, v_now) is not true
  union all
  select o.provider, format('%s is paused', b.operation)
  from engine.breakers as b
  inner join engine.operations as o on b.operation = o.operation
  where b.open_until > v_now;
end;
$$;
comment on function engine.degradations() is
  'Lists the jobs, workers, flags and providers that do not work as they should.';
grant execute on function engine.degradations() to skylatch_sidecar;
