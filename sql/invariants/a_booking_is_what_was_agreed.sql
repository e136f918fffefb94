create or replace function engine.a_booking_is_what_was_agreed(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    b.id::text,
    format(
      '%s, agreed %s, collected %s', engine.format_money(b.price, b.currency),
      engine.format_money(a.agreed_amount, a.currency),
      coalesce(engine.format_money(a.captured_amount, a.currency), 'nothing')
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      b.price, b.currency, b.offer_id, b.order_id, b.payment_intent_id,
      a.captured_amount, a.status
    ) is distinct from (
      a.agreed_amount, a.currency, a.offer_id, a.order_id, a.payment_intent_id,
      b.price, 'SUCCESS'
    );
end;
$$;
comment on function engine.a_booking_is_what_was_agreed(timestamptz) is
  'Rows that break the promise: a booking is what was agreed.';
