create or replace function engine.every_step_is_on_record(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format(
      '%s steps, %s out of place, %s unsigned, the last to %s; it is %s', r.steps,
      r.breaks, r.unsigned, coalesce(r.last, 'nowhere'), a.state
    ),
    a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) as steps,
      count(*) filter (where s.from_state is distinct from s.came_from) as breaks,
      count(*) filter (where '' in (s.actor, s.correlation_id, s.reason)) as unsigned,
      (array_agg(s.to_state order by s.id desc))[1] as last
    from (
      select e.*, lag(e.to_state) over (order by e.id) as came_from
      from engine.booking_events as e
      where e.user_id = a.user_id
        and e.trip_request_id = a.trip_request_id
        and e.booking_attempt_id = a.id
        and e.to_state is not null
    ) as s
  ) as r
  where a.state_changed_at >= p_since
    and (r.breaks > 0 or r.unsigned > 0 or r.last is distinct from a.state);
end;
$$;
comment on function engine.every_step_is_on_record(timestamptz) is
  'Rows that break the promise: every step is on record.';
