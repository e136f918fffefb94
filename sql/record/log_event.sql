-- The correlation of an audit event is the trace of its trip's run: p_trace_id, or the
-- trace of the attempt where p_trace_id is not given. An attempt from before there were
-- traces has its own id instead, which is as long. What led to the event (a call, a
-- case, an offer) is kept with it.
create or replace function engine.log_event(
  p_user_id uuid,
  p_trip_id uuid,
  p_attempt_id uuid,
  p_actor text,
  p_cause text,
  p_from_state text,
  p_to_state text,
  p_reason text,
  p_detail jsonb default '{}',
  p_trace_id uuid default null
) returns void
  language plpgsql volatile
as $$
declare
  v_trace_id uuid := p_trace_id;
begin
  if v_trace_id is null and p_attempt_id is not null then
    select coalesce(a.trace_id, a.id) into v_trace_id
    from public.booking_attempts as a
    where a.user_id = p_user_id and a.id = p_attempt_id;
  end if;
  insert into engine.booking_events (
    user_id, trip_request_id, booking_attempt_id, actor, correlation_id, from_state,
    to_state, reason, detail, at
  )
  values (
    p_user_id, p_trip_id, p_attempt_id, p_actor,
    coalesce(engine.trace_hex(v_trace_id), p_cause), p_from_state, p_to_state, p_reason,
    p_detail || jsonb_build_object('cause', p_cause), clock_timestamp()
  );
end;
$$;
comment on function engine.log_event(
  uuid, uuid, uuid, text, text, text, text, text, jsonb, uuid
) is 'Adds one row to the audit.';
