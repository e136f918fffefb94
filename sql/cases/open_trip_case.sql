-- Opens a case about a trip, not about an attempt of ours. The trip's row is read
-- without its lock, so that a traveller who keeps the trip locked cannot keep the case
-- from being opened. saga/has_live_attempt.sql sees to it that the trip is not booked
-- while such a case is open.
create or replace function engine.open_trip_case(
  p_kind text,
  p_object_id text,
  p_trip_id uuid,
  p_summary text,
  p_evidence jsonb,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_case_id bigint := engine.open_case(
    p_kind, p_object_id, null::public.booking_attempts, p_summary, p_evidence, p_now
  );
begin
  update engine.review_cases as c
  set user_id = t.user_id, trip_request_id = t.id
  from public.trip_requests as t
  where c.id = v_case_id and t.id = p_trip_id and c.trip_request_id is null;
end;
$$;
comment on function engine.open_trip_case(
  text, text, uuid, text, jsonb, timestamptz
) is 'Opens a case about a trip, or adds to the open one, without the trip''s lock.';
