-- What must not be in a row whoever writes it: a key that was made of something
-- missing, and a refund of nothing.
-- depends: 0016_reports

-- Where a part of a key is the name of nothing in some language, two things that have
-- nothing to do with each other share a key, and the provider makes one of them.
-- Replaced at once by a narrower one.
-- squawk-ignore ban-drop-constraint
alter table engine.provider_calls drop constraint provider_calls_idempotency_key;
-- squawk-ignore constraint-missing-not-valid
alter table engine.provider_calls add constraint provider_calls_idempotency_key check (
  idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'
  and idempotency_key
  !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'
);
alter table public.booking_attempts
  -- squawk-ignore constraint-missing-not-valid
  add constraint booking_attempts_idempotency_key check (
    idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'
    and idempotency_key
    !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'
  );

update public.flight_bookings
set status = 'CANCELLED'
where status = 'REFUNDED' and refund_amount = 0;
alter table public.flight_bookings
  -- squawk-ignore constraint-missing-not-valid
  add constraint flight_bookings_refunded
  check (status <> 'REFUNDED' or refund_amount > 0);
