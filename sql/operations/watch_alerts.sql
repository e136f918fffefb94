-- For the alert relay and `status`, which ask from outside: the alerts that a sidecar
-- logs, and which sidecars are silent, because a silent sidecar cannot log that. No row
-- holds personal data. Definer: the callers have no rights on tables.
create or replace function engine.watch_alerts()
  returns table (kind text, subject text, since timestamptz, detail text)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select a.kind, a.subject, a.since, a.detail from engine.open_alerts() as a
  union all
  select
    'WORKER_SILENT', s.worker, s.seen_at,
    'this sidecar does not beat and did not take leave; others work on'
  from engine.silent_workers(v_now) as s
  where not s.is_alone
  union all
  select
    'SIDECARS_SILENT', 'sidecars',
    coalesce(
      max(w.seen_at), (select max(b.last_succeeded_at) from engine.job_beats as b), v_now
    ),
    'no sidecar beats: nothing is searched, booked, paid or looked up'
  from engine.workers as w
  having count(*) filter (where engine.is_beating(w.seen_at, v_now)) = 0;
end;
$$;
comment on function engine.watch_alerts() is
  'Lists the open alerts and the sidecars that are silent.';
grant execute on function engine.watch_alerts()
  to skylatch_watch, skylatch_sidecar, skylatch_operator;
