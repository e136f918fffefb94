-- A subject has one open case of each kind. What is found again about the subject is
-- added to the evidence of that case.
create or replace function engine.open_case(
  p_kind text,
  p_object_id text,
  p_attempt public.booking_attempts,
  p_summary text,
  p_evidence jsonb,
  p_now timestamptz
) returns bigint
  language plpgsql volatile
as $$
declare
  v_id bigint;
  v_is_new boolean;
begin
  insert into engine.review_cases as r (
    kind, object_id, user_id, trip_request_id, booking_attempt_id, opened_at, summary,
    evidence, evidence_at
  )
  values (
    p_kind, p_object_id, p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id,
    p_now, p_summary, p_evidence, case when p_evidence <> '{}' then p_now end
  )
  on conflict (kind, object_id) where resolved_at is null do update
  set
    summary = excluded.summary,
    evidence = r.evidence || excluded.evidence,
    evidence_at = coalesce(excluded.evidence_at, r.evidence_at)
  returning r.id, r.opened_at = p_now into v_id, v_is_new;
  if v_is_new then
    perform engine.gather_evidence(v_id, p_now);
  end if;
  perform engine.ring('skylatch_alerts');
  return v_id;
end;
$$;
comment on function engine.open_case(
  text, text, public.booking_attempts, text, jsonb, timestamptz
) is 'Opens a case for a person, or adds to the open one; returns its id.';
