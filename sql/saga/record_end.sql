-- Records why an attempt ends, and what its trip does then. After an answer these are
-- the words of the answer's rule, after a person's order the words of that person. A
-- reason that is already recorded stays. An order to refund makes another refund, with
-- a number and a key of its own: of the amount that was decided on, or of everything
-- that was captured.
create or replace function engine.record_end(
  p_attempt public.booking_attempts,
  p_verdict text,
  p_rule engine.outcome_rules,
  p_error_code text,
  p_reason text
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'REFUND' then
    v_attempt.refund_no := p_attempt.refund_no + 1;
    v_attempt.refund_amount := coalesce(
      nullif(p_attempt.refund_amount, 0), p_attempt.captured_amount
    );
    v_attempt.refunded_at := null;
  end if;
  if p_verdict in ('VOID', 'RELEASE') then
    v_attempt.error_code := lower(p_verdict collate "C");
    v_attempt.error_message := 'Not booked: ' || p_reason;
    v_attempt.trip_status_after := case p_verdict
      when 'VOID' then 'ACTION_REQUIRED' else 'PENDING'
    end;
    v_attempt.search_again_after := interval '0';
  elsif p_verdict in ('FAIL', 'RESEARCH', 'STOP', 'EXHAUSTED', 'CANCEL', 'REFUND')
    and p_attempt.error_message is null
    and p_attempt.status = 'PENDING'
  then
    v_attempt.error_code := coalesce(p_error_code, lower(p_verdict collate "C"));
    v_attempt.error_message := coalesce(
      p_rule.reason, p_reason, 'The provider did not answer in time.'
    );
    v_attempt.trip_status_after := coalesce(p_rule.trip_status, 'PENDING');
    v_attempt.search_again_after := coalesce(
      p_rule.search_again_after, interval '10 minutes'
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.record_end(
  public.booking_attempts, text, engine.outcome_rules, text, text
) is 'Returns the attempt with the reason for its end filled in.';
