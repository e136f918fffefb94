-- A final state stays unless a person orders otherwise. NEEDS_REVIEW goes on from the
-- state in which the review began. A way back without a hold ends the attempt.
create or replace function engine.every_step_is_one_that_the_saga_has(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('%s to %s at %s', e.from_state, e.to_state, e.at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.booking_events as e
    on a.user_id = e.user_id
      and a.trip_request_id = e.trip_request_id
      and a.id = e.booking_attempt_id
  inner join engine.saga_states as s on e.from_state = s.state
  where a.state_changed_at >= p_since
    and e.from_state <> e.to_state
    and (s.is_final or e.to_state <> 'NEEDS_REVIEW')
    and not exists (
      select from engine.saga_transitions as t
      where (
        t.state = e.from_state
        or e.from_state = 'NEEDS_REVIEW'
        and (t.verdict = 'RESUME' or t.state = 'CONFIRMED' and t.verdict = 'CANCEL')
      )
      and (
        t.next_state = e.to_state
        or t.next_state = 'VOIDING' and e.to_state in ('FAILED', 'REFUNDING')
      )
    );
end;
$$;
comment on function engine.every_step_is_one_that_the_saga_has(timestamptz) is
  'Rows that break the promise: every step is one that the saga has.';
