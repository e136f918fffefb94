-- Only searches, messages, and calls that read for the record, may have no attempt.
create or replace function engine.nothing_is_ordered_or_charged_without_an_attempt()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    c.id::text,
    c.operation || ' ' || c.state, null::timestamptz
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.booking_attempt_id is null
    and (c.state = 'READY' or c.state in ('CLAIMED', 'SENT'))
    and c.operation <> 'search'
    and o.provider in ('duffel', 'stripe')
    and not o.observes;
end;
$$;
comment on function engine.nothing_is_ordered_or_charged_without_an_attempt() is
  'Rows that break the promise: nothing is ordered or charged without an attempt.';
