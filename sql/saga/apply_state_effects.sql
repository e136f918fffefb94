-- A new state of an attempt has effects outside of it: on the booking, on the trip, and
-- on the queue of cases. This function makes them. The caller holds the locks of the
-- trip and the attempt.
create or replace function engine.apply_state_effects(
  p_from public.booking_attempts,
  p_to public.booking_attempts,
  p_operation text,
  p_verdict text,
  p_report engine.call_report,
  p_actor text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  if p_from.state = 'NEEDS_REVIEW' and p_to.state <> 'NEEDS_REVIEW' then
    perform engine.close_case(
      'ATTEMPT', p_to.id::text, p_actor, lower(p_verdict collate "C"), p_now
    );
  end if;
  if p_to.state = 'CONFIRMED' and p_from.status = 'PENDING' then
    perform engine.confirm_booking(p_to, p_now);
  elsif p_to.state = 'CONFIRMED' then
    update public.flight_bookings as b
    set attention = case p_verdict
      when 'EXHAUSTED' then 'Not cancelled: the airline did not answer.'
      else 'Not cancelled: the airline would ' || case p_report.error_code
        when 'refund_too_low' then format(
          'return only %s.',
          engine.format_money(
            (p_report.body #>> '{data,refund_amount}')::numeric, p_to.currency
          )
        )
        when 'refund_elsewhere' then format(
          'return %s as %s.',
          coalesce(
            engine.format_money(
              -- Nothing was asked of this amount: it may be no number.
              substring(
                p_report.body #>> '{data,refund_amount}'
                from '^[0-9]{1,12}(?:[.][0-9]{1,6})?$'
              )::numeric,
              p_report.body #>> '{data,refund_currency}'
            ),
            'it'
          ),
          replace(p_report.body #>> '{data,refund_to}', '_', ' ')
        )
        else 'not cancel it.'
      end
    end
    where b.user_id = p_to.user_id
      and b.booking_attempt_id = p_to.id
      and p_from.state = 'QUOTING_BOOKING';
    if p_from.state = 'QUOTING_BOOKING' then
      perform engine.tell_of_booking(
        p_to, 'booking.not_cancelled', p_to.epoch::text, '{}', p_now
      );
    end if;
  elsif p_to.state = 'AWAITING_HOLDER' then
    update public.trip_requests as t
    set status_reason = format(
      'Your bank wants you to confirm the payment of %s, by %s UTC.',
      engine.format_money(p_to.agreed_amount, p_to.currency),
      to_char(p_to.deadline_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
    )
    where t.user_id = p_to.user_id
      and t.id = p_to.trip_request_id
      and t.auto_book_status = 'BOOKING';
    perform engine.tell_holder(p_to, p_now);
  elsif p_from.state = 'AWAITING_HOLDER' and p_to.state = 'ORDERING' then
    update public.trip_requests as t
    set status_reason = 'The payment was confirmed; ordering.'
    where t.user_id = p_to.user_id
      and t.id = p_to.trip_request_id
      and t.auto_book_status = 'BOOKING';
  elsif p_to.state in ('FAILED', 'CANCELLED') and p_to.status = 'FAILED' then
    perform engine.release_trip(p_to, p_now);
  elsif p_to.state in ('REFUNDING', 'CANCELLED') and p_to.order_cancelled_at is not null
  then
    perform engine.cancel_booked_trip(p_to, p_now);
  elsif p_to.state in ('NEEDS_REVIEW', 'ORDER_UNKNOWN') and p_to.status = 'PENDING' then
    update public.trip_requests as t
    set
      -- An attempt that is opened again keeps its trip from being booked beside it.
      auto_book_status = case
        when p_from.state = 'FAILED'
          and t.auto_book_status in ('PENDING', 'ACTION_REQUIRED', 'FAILED')
          then 'BOOKING'
        else t.auto_book_status
      end,
      selected_offer_id = coalesce(t.selected_offer_id, p_to.flight_offer_id),
      status_reason = s.meaning
    from engine.saga_states as s
    where t.user_id = p_to.user_id and t.id = p_to.trip_request_id and s.state = p_to.state;
  end if;
  if p_to.state = 'NEEDS_REVIEW' then
    perform engine.open_case(
      'ATTEMPT', p_to.id::text, p_to,
      format(
        '%s after %s: %s', p_to.review_from, p_operation, lower(p_verdict collate "C")
      ),
      '{}', p_now
    );
  end if;
end;
$$;
comment on function engine.apply_state_effects(
  public.booking_attempts, public.booking_attempts, text, text, engine.call_report,
  text, timestamptz
) is 'Carries an attempt''s new state to its trip, its booking and the review queue.';
