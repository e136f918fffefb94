create or replace function engine.an_attempt_says_how_it_ended(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format(
      '%s, ended at %s: %s', a.status, a.ended_at,
      coalesce(a.error_message, a.booking_reference)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and (
      a.status not in ('PENDING', 'SUCCESS', 'FAILED')
      or (a.status = 'PENDING') <> (a.ended_at is null)
      or a.status = 'FAILED' and a.error_message is null
      or a.status = 'SUCCESS'
      and (
        a.order_id is null or a.booking_reference is null or a.payment_intent_id is null
      )
      or a.trip_status_after not in (
        'PENDING', 'ACTION_REQUIRED', 'FAILED', 'CANCELLED'
      )
    );
end;
$$;
comment on function engine.an_attempt_says_how_it_ended(timestamptz) is
  'Rows that break the promise: an attempt says how it ended.';
