create or replace function engine.no_hold_is_left_when_an_attempt_fails(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    'payment ' || a.payment_intent_id || ' was neither voided nor returned',
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.payment_intent_id is not null
    and a.voided_at is null
    and a.refunded_at is null;
end;
$$;
comment on function engine.no_hold_is_left_when_an_attempt_fails(timestamptz) is
  'Rows that break the promise: no hold is left when an attempt fails.';
