create or replace function engine.who_waits_for_a_person_is_in_the_queue()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text, a.review_from,
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.state = 'NEEDS_REVIEW'
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'ATTEMPT' and r.object_id = a.id::text and r.resolved_at is null
    );
end;
$$;
comment on function engine.who_waits_for_a_person_is_in_the_queue() is
  'Rows that break the promise: who waits for a person is in the queue.';
