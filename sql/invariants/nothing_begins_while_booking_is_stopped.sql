-- An attempt that was being decided on when the switch was set may have begun; its
-- order does not leave. Such a decision takes no longer than a statement may.
create or replace function engine.nothing_begins_while_booking_is_stopped(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  with stops as materialized (
    select c.at, c.engaged, lead(c.at, 1, 'infinity') over (order by c.id) as until
    from engine.kill_switch_changes as c
  )
  select
    a.id::text,
    format('begun at %s, stopped at %s', a.started_at, s.at), a.state_changed_at
  from stops as s
  inner join public.booking_attempts as a
    on a.started_at > s.at + interval '30 seconds' and a.started_at < s.until
  where s.engaged and a.state_changed_at >= p_since and s.until >= p_since;
end;
$$;
comment on function engine.nothing_begins_while_booking_is_stopped(timestamptz) is
  'Rows that break the promise: nothing begins while booking is stopped.';
