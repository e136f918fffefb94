create or replace function engine.no_call_is_ahead_of_its_attempt(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    c.id::text,
    format('%s made for epoch %s of %s', c.operation, c.attempt_epoch, a.epoch),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.attempt_epoch > a.epoch;
end;
$$;
comment on function engine.no_call_is_ahead_of_its_attempt(timestamptz) is
  'Rows that break the promise: no call is ahead of its attempt.';
