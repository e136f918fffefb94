-- A list was read to its end. The next list begins at the moment at which this list was
-- asked for. In two cases the next list begins where this list began: when a trip was
-- passed over because it is locked, and when this list was asked for before everything
-- of a lost history must have appeared, because only a later list confirms the history.
-- The list of payments comes last: it follows a list of orders that was read as late,
-- and by then what both show was put to its attempts.
create or replace function engine.finish_scan(
  p_scan text,
  p_call engine.provider_calls,
  p_found integer,
  p_passed_over integer,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_history text := engine.present_history();
  v_settles_at timestamptz := engine.history_settles_at();
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_scanned_to timestamptz := v_read_at;
begin
  if p_passed_over > 0 or v_read_at < v_settles_at then
    -- As start_scan wrote the beginning: for Duffel a time, for Stripe seconds.
    if p_scan = 'orders' then
      v_scanned_to := (p_call.payload ->> 'created_after')::timestamptz;
    else
      v_scanned_to := to_timestamp((p_call.payload ->> 'created_after')::bigint);
    end if;
    -- start_scan takes these hours off again.
    v_scanned_to := v_scanned_to + interval '6 hours';
  end if;
  insert into engine.scans as s (
    scan, provider, scanned_to, read_at, finished_at, found, history
  )
  select
    p_scan, o.provider, v_scanned_to, v_read_at, p_now, p_found,
    p_call.payload ->> 'history'
  from engine.operations as o
  where o.operation = p_call.operation
  on conflict (scan) do update
  set
    scanned_to = greatest(s.scanned_to, excluded.scanned_to),
    read_at = excluded.read_at,
    finished_at = excluded.finished_at,
    found = excluded.found,
    history = excluded.history;
  if p_passed_over > 0 then
    perform engine.start_scan(p_scan, p_now + interval '5 minutes');
  end if;
  if p_scan = 'payments'
    and v_settles_at is not null
    and (
      select count(*) = 2
      from engine.scans as s
      where s.scan in ('orders', 'payments')
        and s.history = v_history
        and s.read_at >= v_settles_at
    )
  then
    perform engine.confirm_history(p_now);
  end if;
end;
$$;
comment on function engine.finish_scan(
  text, engine.provider_calls, integer, integer, timestamptz
) is
  'Records how far a list was compared; the list of payments also confirms the '
  'history.';
