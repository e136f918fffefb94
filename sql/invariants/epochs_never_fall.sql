-- Each move raises the epoch by one and is on record. If an epoch fell, or a move was
-- made under an old epoch, there are fewer epochs than moves. If a move is not on
-- record, there are more.
create or replace function engine.epochs_never_fall(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('epoch %s after %s moves', a.epoch, m.moves), a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) filter (where e.from_state is distinct from e.to_state) as moves,
      count(*) as steps
    from engine.booking_events as e
    where e.user_id = a.user_id
      and e.trip_request_id = a.trip_request_id
      and e.booking_attempt_id = a.id
      and e.to_state is not null
  ) as m
  where a.state_changed_at >= p_since and a.epoch not between m.moves and m.steps;
end;
$$;
comment on function engine.epochs_never_fall(timestamptz) is
  'Rows that break the promise: epochs never fall.';
