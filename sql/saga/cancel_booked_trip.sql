-- The airline has cancelled the order of a confirmed booking. The refund may still be
-- on its way.
create or replace function engine.cancel_booked_trip(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_words text := case
    when p_attempt.refund_amount = 0 then 'nothing is returned'
    else engine.format_money(p_attempt.refund_amount, p_attempt.currency)
      || case
        when p_attempt.refunded_at is null then ' is being returned' else ' was returned'
      end
  end;
begin
  update public.flight_bookings as b
  set
    -- Where nothing was due, nothing was refunded.
    status = case
      when p_attempt.refunded_at is null or p_attempt.refund_amount = 0 then 'CANCELLED'
      else 'REFUNDED'
    end,
    cancelled_at = coalesce(b.cancelled_at, p_attempt.order_cancelled_at),
    refund_amount = p_attempt.refund_amount,
    attention = format('Cancelled; %s.', v_words)
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'CANCELLED',
    status_reason = format('The booking was cancelled; %s.', v_words),
    status_changed_at = case t.auto_book_status
      when 'BOOKED' then p_now else t.status_changed_at
    end
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    -- Again when the refund has arrived.
    and p_attempt.status = 'SUCCESS'
    and t.auto_book_status in ('BOOKED', 'CANCELLED');
end;
$$;
comment on function engine.cancel_booked_trip(public.booking_attempts, timestamptz) is
  'Records on the booking and the trip that the airline cancelled the order.';
