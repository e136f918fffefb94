-- What must never be true, as rows. Empty is healthy.
create or replace function engine.check_invariants()
  returns table (invariant text, subject text, detail text)
  language sql stable
  security definer
begin atomic
  select
    'one live attempt or booking per trip' as invariant,
    a.trip_request_id::text as subject,
    'attempt in flight beside a confirmed booking' as detail
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.trip_request_id = b.trip_request_id
  where a.status = 'PENDING' and b.status = 'CONFIRMED'
  union all
  select
    'a booking is what was agreed',
    b.id::text,
    format('%s %s, agreed %s %s', b.price, b.currency, a.agreed_amount, a.currency)
  from public.flight_bookings as b
  inner join public.booking_attempts as a
    on b.user_id = a.user_id and b.booking_attempt_id = a.id
  where (b.price, b.currency, b.order_id, b.payment_intent_id, a.captured_amount)
    is distinct from
    (a.agreed_amount, a.currency, a.order_id, a.payment_intent_id, b.price)
  union all
  select
    'never above the limit',
    a.id::text,
    format('%s over a limit of %s %s', a.agreed_amount, a.cap_amount, a.currency)
  from public.booking_attempts as a
  where a.agreed_amount > a.cap_amount
  union all
  select
    'a success has its booking',
    a.id::text,
    a.state
  from public.booking_attempts as a
  where a.status = 'SUCCESS' and not exists (
    select from public.flight_bookings as b
    where b.user_id = a.user_id and b.booking_attempt_id = a.id
  )
  union all
  select
    'no hold is left when an attempt fails',
    a.id::text,
    'payment intent ' || a.payment_intent_id || ' was not voided'
  from public.booking_attempts as a
  where a.status = 'FAILED'
    and a.payment_intent_id is not null
    and a.voided_at is null
    and a.refunded_at is null
  union all
  select
    'no failure hides an order',
    a.id::text,
    'order ' || a.order_id
  from public.booking_attempts as a
  where a.status = 'FAILED' and a.order_id is not null and a.order_cancelled_at is null
  union all
  select
    'an order is sent once',
    c.id::text,
    format('%s at %s', c.state, c.sent_at)
  from engine.provider_calls as c
  inner join public.booking_attempts as a
    on c.user_id = a.user_id and c.booking_attempt_id = a.id
  where c.operation = 'create_order' and c.state = 'UNKNOWN' and a.status = 'FAILED'
    and a.order_cancelled_at is null and a.error_code is distinct from 'creation_failed'
    and a.error_code not in ('void', 'release')
  union all
  select
    'a trip says what its attempt says',
    t.id::text,
    t.auto_book_status
  from public.trip_requests as t
  where (t.auto_book_status = 'BOOKED') is distinct from exists (
    select from public.flight_bookings as b
    where b.user_id = t.user_id and b.trip_request_id = t.id and b.status = 'CONFIRMED'
  )
  or t.auto_book_status = 'BOOKING' and not engine.has_live_attempt(t.user_id, t.id);
end;
comment on function engine.check_invariants() is
  'Returns a row for everything that must never be true.';
grant execute on function engine.check_invariants() to skylatch_operator;
