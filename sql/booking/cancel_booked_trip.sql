-- The order of a confirmed booking is cancelled; the refund may still be on its way.
create or replace function engine.cancel_booked_trip(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  update public.flight_bookings as b
  set
    status = case when p_attempt.refunded_at is null then 'CANCELLED' else 'REFUNDED' end,
    cancelled_at = coalesce(b.cancelled_at, p_attempt.order_cancelled_at),
    refund_amount = p_attempt.refund_amount,
    attention = format(
      case
        when p_attempt.refund_amount = 0 then 'Cancelled; nothing is returned.'
        when p_attempt.refunded_at is null then 'Cancelled; %s %s is being returned.'
        else 'Cancelled; %s %s was returned.'
      end,
      p_attempt.refund_amount, p_attempt.currency
    )
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'CANCELLED',
    status_reason = 'The booking was cancelled.',
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKED';
end;
$$;
comment on function engine.cancel_booked_trip(public.booking_attempts, timestamptz) is
  'Says on the booking and the trip that the order was cancelled.';
