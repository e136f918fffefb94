-- A sidecar that stops in order removes its row (monitor/end_heartbeat.sql). A sidecar
-- whose row is there without heartbeats is frozen, cut off or killed. It is missed for
-- an hour, or until a sidecar that was started later on the same machine is alive. A
-- worker's name begins with its machine's.
create or replace function engine.silent_workers(p_now timestamptz)
  returns table (worker text, version text, seen_at timestamptz, is_alone boolean)
  language plpgsql stable
as $$
declare
  v_others boolean := exists (
    select from engine.workers as w where engine.is_beating(w.seen_at, p_now)
  );
begin
  return query
  select w.worker, w.version, w.seen_at, not v_others
  from engine.workers as w
  where not engine.is_beating(w.seen_at, p_now)
    and w.seen_at > p_now - interval '1 hour'
    and not exists (
      select from engine.workers as n
      where split_part(n.worker, ':', 1) = split_part(w.worker, ':', 1)
        and n.started_at > w.seen_at
        and engine.is_beating(n.seen_at, p_now)
    );
end;
$$;
comment on function engine.silent_workers(timestamptz) is
  'Lists the sidecars that fell silent without stopping in order, and whether no other '
  'one is alive.';
