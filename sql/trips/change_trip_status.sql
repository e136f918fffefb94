-- Pause, resume and cancel are one table of rules: from which states, to which state.
-- While a booking is in flight the new status is written at once: the final check
-- before the order leaves sees it, and an order that was sent already is finished, not
-- abandoned. What waits for its card's holder has not ordered, and is undone at once.
-- Lock order: trip_requests, then the traveller's row (who resumes), booking_attempts,
-- provider_calls.
create or replace function engine.change_trip_status(p_trip_id uuid, p_action text)
  returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests;
  v_status text;
  v_who text;
  v_trace_id uuid;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  v_trip := engine.lock_trip(p_trip_id);
  v_who := engine.asked_by(v_trip.user_id);
  v_status := case
    when p_action = 'pause'
      and v_trip.auto_book_status in ('PENDING', 'BOOKING') then 'PAUSED'
    when p_action = 'resume'
      and v_trip.auto_book_status in ('PAUSED', 'ACTION_REQUIRED', 'FAILED')
      and not engine.has_live_attempt(v_trip.user_id, v_trip.id) then 'PENDING'
    when p_action = 'cancel'
      and v_trip.auto_book_status not in ('BOOKED', 'EXPIRED') then 'CANCELLED'
  end;
  if v_status is null then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object(
        'trip', p_trip_id, 'status', v_trip.auto_book_status, 'action', p_action
      ),
      hint = engine.status_hint(
        v_trip.auto_book_status, engine.has_live_attempt(v_trip.user_id, v_trip.id)
      );
  end if;
  update public.trip_requests as t
  set
    auto_book_status = v_status,
    status_reason = case v_status
      when 'PAUSED' then 'Paused: the trip goes on when it is resumed.'
      when 'CANCELLED' then 'Cancelled.'
    end,
    status_changed_at = clock_timestamp(),
    next_search_at = clock_timestamp(),
    -- A trip that used up its searches may make as many again when it is resumed.
    searches = case
      when p_action = 'resume' and t.searches >= t.max_searches then 0 else t.searches
    end,
    version = t.version + 1
  where t.user_id = v_trip.user_id and t.id = v_trip.id;
  if v_status = 'PENDING' then
    perform engine.plan_trips(array[v_trip.id], clock_timestamp());
    perform engine.search_at_once(array[v_trip.id], clock_timestamp());
  end if;
  -- The trace of the run that this act interferes with, if there is one.
  select coalesce(a.trace_id, a.id) into v_trace_id
  from public.booking_attempts as a
  where a.user_id = v_trip.user_id
    and a.trip_request_id = v_trip.id
    and a.status = 'PENDING';
  perform engine.log_event(
    v_trip.user_id, v_trip.id, null, engine.caller(), 'trip:' || p_action,
    v_trip.auto_book_status, v_status, format('%s asked to %s', v_who, p_action), '{}',
    v_trace_id
  );
  -- Nothing was ordered: what waits for its holder ends here.
  if v_status <> 'PENDING' then
    perform engine.command_attempt(
      a.user_id, a.id, 'STOP', engine.caller(), 'trip:' || p_action,
      format('Not ordered: %s asked to %s.', v_who, p_action), clock_timestamp()
    )
    from public.booking_attempts as a
    where a.user_id = v_trip.user_id
      and a.trip_request_id = v_trip.id
      and a.status = 'PENDING'
      and a.state = 'AWAITING_HOLDER';
  end if;
  return v_status;
end;
$$;
comment on function engine.change_trip_status(uuid, text) is
  'Moves the caller''s trip by pause, resume or cancel; raises SK103 where that is not '
  'possible.';
grant execute on function engine.change_trip_status(uuid, text)
  to authenticated, service_role;
