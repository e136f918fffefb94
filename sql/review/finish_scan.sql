-- A list that was read to its end. What is compared next time begins at the moment this
-- one was asked for. The list is read again from where this one began when something
-- was passed over, because its trip is held, and when it was asked for before
-- everything of a lost history must have appeared: only later ones confirm this one.
-- The list of payments is the last: it follows one of orders that was read as late, and
-- whatever they show was put to its attempts by then.
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
    -- As start_scan wrote it: for Duffel a time, for Stripe seconds.
    if p_scan = 'orders' then
      v_scanned_to := (p_call.payload ->> 'created_after')::timestamptz;
    else
      v_scanned_to := to_timestamp((p_call.payload ->> 'created_after')::bigint);
    end if;
    -- It takes these off again.
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
) is 'Notes how far a list was compared; the list of payments confirms the history.';
