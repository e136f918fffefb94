-- A sidecar that ends in order takes its row along (monitor/end_heartbeat.sql). One
-- whose row is there and does not beat is frozen, cut off or killed: missed for an
-- hour, or until one that was started later on the same machine is in its place. Its
-- name begins with the machine's.
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
  'The sidecars that fell silent without taking leave, and if no other one is left.';
