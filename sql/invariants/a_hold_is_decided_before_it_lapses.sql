-- A person is asked twelve hours before a hold lapses. So six hours before it lapses,
-- an attempt with a hold waits in NEEDS_REVIEW or has ended.
create or replace function engine.a_hold_is_decided_before_it_lapses(p_now timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('%s; it lapses at %s', a.state, a.capture_before), null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.capture_before < p_now + interval '6 hours'
    and a.captured_amount is null
    and a.voided_at is null;
end;
$$;
comment on function engine.a_hold_is_decided_before_it_lapses(timestamptz) is
  'Rows that break the promise: a hold is decided before it lapses.';
