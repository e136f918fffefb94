-- The bank wants the card's holder. With less than a minute left nobody is asked for
-- what cannot be done any more: the end is told when it comes.
create or replace function engine.tell_holder(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
begin
  if p_attempt.deadline_at < p_now + interval '1 minute' then
    return;
  end if;
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
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
