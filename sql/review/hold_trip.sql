-- Something at a provider says that this trip may be booked already. The trip is not
-- booked again while the case is open (engine.has_live_attempt), and an attempt under
-- way turns back at the final check of its order.
-- Lock order: trip_requests, then review_cases.
create or replace function engine.hold_trip(
  p_case_id bigint, p_trip_id uuid, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update public.trip_requests as t
  set
    auto_book_status = 'ACTION_REQUIRED',
    status_reason = 'There may be a booking of this trip already: we are looking into it.',
    status_changed_at = p_now
  where t.id = p_trip_id and t.auto_book_status in ('PENDING', 'BOOKING');
  update engine.review_cases as c
  set user_id = t.user_id, trip_request_id = t.id
  from public.trip_requests as t
  where c.id = p_case_id and t.id = p_trip_id and c.trip_request_id is null;
end;
$$;
comment on function engine.hold_trip(bigint, uuid, timestamptz) is
  'Stops a trip that may be booked already, and names it in the case.';
