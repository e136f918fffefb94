-- The bank wants the card's holder. With less than a minute left, or for a trip that
-- was paused or cancelled meanwhile, nobody is asked.
create or replace function engine.tell_holder(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
begin
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
  if p_attempt.deadline_at < p_now + interval '1 minute'
    or v_trip.auto_book_status <> 'BOOKING'
  then
    return;
  end if;
  perform engine.notify_traveller(
    p_attempt.user_id, 'payment.authentication_required', p_attempt.id::text,
    p_attempt.trip_request_id, null,
    engine.trip_facts(v_trip) || jsonb_build_object(
      'price', p_attempt.agreed_amount::text,
      'currency', p_attempt.currency,
      'deadline', to_char(
        p_attempt.deadline_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
      ),
      'link', (
        select replace(s.confirm_link, '{trip}', p_attempt.trip_request_id::text)
        from engine.message_settings as s
      )
    ),
    p_now
  );
end;
$$;
comment on function engine.tell_holder(public.booking_attempts, timestamptz) is
  'Tells the traveller to confirm a payment, until when and where.';
