create or replace function engine.log_event(
  p_user_id uuid,
  p_trip_id uuid,
  p_attempt_id uuid,
  p_actor text,
  p_correlation_id text,
  p_from_state text,
  p_to_state text,
  p_reason text,
  p_detail jsonb default '{}'
) returns void
  language sql volatile
begin atomic
  insert into engine.booking_events (
    user_id, trip_request_id, booking_attempt_id, actor, correlation_id, from_state,
    to_state, reason, detail, at
  )
  values (
    p_user_id, p_trip_id, p_attempt_id, p_actor, p_correlation_id, p_from_state,
    p_to_state, p_reason, p_detail, clock_timestamp()
  );
end;
comment on function engine.log_event(
  uuid, uuid, uuid, text, text, text, text, text, jsonb
) is 'Adds one row to the audit.';
