-- What a caller can do about a trip depends on the status that the trip has, and not on
-- what was tried. Who is told that the status does not allow something reads this next.
create or replace function engine.status_hint(p_status text, p_is_in_flight boolean)
  returns text
  language plpgsql immutable
as $$
begin
  return case
    when p_status = 'BOOKED'
      then 'The trip is booked: cancel_booking cancels the booking. For other flights '
      'state a new trip.'
    when p_status = 'EXPIRED'
      then 'The trip''s dates, or its day to decide by, have passed: state a new trip.'
    when p_status = 'CANCELLED' then 'The trip was cancelled for good: state a new trip.'
    when p_status = 'BOOKING'
      then 'A booking of the trip is in flight: wait until it has ended (trip_saga shows '
      'it). pause_trip and cancel_trip stop it until its order is sent.'
    when p_status = 'PENDING'
      then 'The trip is watched: change its wishes, pause_trip or cancel_trip.'
    when p_is_in_flight
      then 'A booking of the trip has not ended, or is in review: resume_trip works when '
      'it has (trip_saga shows it), and cancel_trip ends the trip.'
    when p_status = 'PAUSED'
      then 'The trip is paused: resume_trip lets it go on, cancel_trip ends it.'
    when p_status = 'ACTION_REQUIRED'
      then 'The trip waits for its traveller: status_reason says for what. Then '
      'resume_trip lets it go on, or cancel_trip ends it.'
    when p_status = 'FAILED'
      then 'The booking failed: status_reason says why. resume_trip lets the trip go on, '
      'cancel_trip ends it.'
  end;
end;
$$;
comment on function engine.status_hint(text, boolean) is
  'Says what a caller can do with a trip of this status.';
