-- The decision is recorded twice: with the case and, where there is a trip, in the
-- trip's history.
create or replace function engine.record_action(
  p_case engine.review_cases,
  p_action text,
  p_reason text,
  p_outcome text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.review_actions (
    review_case_id, at, actor, action, reason, outcome
  )
  values (p_case.id, p_now, engine.caller(), p_action, p_reason, p_outcome);
  if p_case.trip_request_id is not null then
    perform engine.log_event(
      p_case.user_id, p_case.trip_request_id, p_case.booking_attempt_id,
      engine.caller(), 'case:' || p_case.id, null, null,
      format('a person decided: %s', p_action),
      jsonb_build_object('kind', p_case.kind, 'reason', p_reason, 'outcome', p_outcome)
    );
  end if;
end;
$$;
comment on function engine.record_action(
  engine.review_cases, text, text, text, timestamptz
) is 'Puts a person''s decision about a case on record.';

create or replace trigger review_actions_append_only
before update or delete or truncate on engine.review_actions
for each statement execute function engine.refuse_change();
