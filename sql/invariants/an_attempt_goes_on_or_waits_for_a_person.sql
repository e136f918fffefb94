create or replace function engine.an_attempt_goes_on_or_waits_for_a_person(
  p_now timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('%s since %s, and nothing is on its way', a.state, a.state_changed_at),
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.state_changed_at < p_now - interval '15 minutes'
    and coalesce(a.deadline_at, '-infinity') < p_now
    and not exists (
      select from engine.provider_calls as c
      where c.user_id = a.user_id
        and c.booking_attempt_id = a.id
        and c.attempt_epoch = a.epoch
        and c.object_id is null
        and (
          c.state = 'READY' and c.run_at > p_now - interval '15 minutes'
          or c.state in ('CLAIMED', 'SENT')
          and c.lease_until > p_now - interval '15 minutes'
        )
    );
end;
$$;
comment on function engine.an_attempt_goes_on_or_waits_for_a_person(timestamptz) is
  'Rows that break the promise: an attempt goes on or waits for a person.';
