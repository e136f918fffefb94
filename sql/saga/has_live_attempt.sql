-- A trip is not booked while one of its attempts is live. Two kinds of case count like
-- a live attempt: an order or a payment at a provider that no attempt of ours accounts
-- for, until a person closes the case; and an attempt that a failover has lost, until
-- the next lists show no order of it (review/compare_payments.sql).
create or replace function engine.has_live_attempt(p_user_id uuid, p_trip_id uuid)
  returns boolean
  language plpgsql stable
as $$
begin
  return exists (
    select from public.booking_attempts as a
    where a.user_id = p_user_id and a.trip_request_id = p_trip_id and a.status = 'PENDING'
  )
  or exists (
    select from engine.review_cases as c
    where c.user_id = p_user_id
      and c.trip_request_id = p_trip_id
      and c.resolved_at is null
      and c.kind in ('ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'LOST_ATTEMPT', 'DOUBLE_BOOKING')
  );
end;
$$;
comment on function engine.has_live_attempt(uuid, uuid) is
  'Tells whether a booking of this trip is in flight, frozen, or may exist without '
  'being known here.';
