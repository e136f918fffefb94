-- A call is waiting, under way or over, and has the times that go with that. All calls
-- of attempts are checked; of other calls, those that are not over.
create or replace function engine.a_call_says_where_it_is(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    c.id::text,
    format(
      '%s, leased until %s, sent at %s, finished at %s', c.state, c.lease_until,
      c.sent_at, c.finished_at
    ),
    c.changed
  from (
    select c.*, a.state_changed_at as changed
    from public.booking_attempts as a
    inner join engine.provider_calls as c
      on a.user_id = c.user_id and a.id = c.booking_attempt_id
    where a.state_changed_at >= p_since
    union all
    select c.*, null
    from engine.provider_calls as c
    where c.state in ('READY', 'CLAIMED', 'SENT') and c.booking_attempt_id is null
  ) as c
  where c.state not in ('READY', 'CLAIMED', 'SENT', 'DONE', 'UNKNOWN', 'DEAD')
    or (c.state in ('CLAIMED', 'SENT')) <> (c.lease_until is not null)
    or (c.state in ('DONE', 'UNKNOWN', 'DEAD')) <> (c.finished_at is not null)
    or c.state = 'SENT' and c.sent_at is null
    or (c.booking_attempt_id is null) <> (c.attempt_epoch is null)
    or (c.user_id is null) <> (c.trip_request_id is null);
end;
$$;
comment on function engine.a_call_says_where_it_is(timestamptz) is
  'Rows that break the promise: a call says where it is.';
