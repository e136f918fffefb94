-- Lists the refunds of the attempt's payment: before a refund is requested, and until
-- the refund has ended. A refund may be pending for days.
select engine.define_operation(
  'find_refunds', 'stripe', p_lease => '60 seconds', p_max_tries => 1,
  p_waits => '{1 s,5 s,30 s,5 min,30 min,2 h,6 h,12 h}'::interval[]
  || array_fill('1 day'::interval, '{30}')
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('find_refunds', '*', '*', 'RETRY'),
  ('find_refunds', '200', 'nothing_due', 'OK'),
  ('find_refunds', '200', 'succeeded', 'OK'),
  ('find_refunds', '200', 'none', 'REDO'),
  ('find_refunds', '200', 'pending', 'RETRY'),
  ('find_refunds', '200', 'failed', 'REVIEW'),
  ('find_refunds', '200', 'amount_mismatch', 'REVIEW');

create or replace function engine.find_refunds_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.find_refunds_request(public.booking_attempts) is
  'Asks for the refunds of the payment.';

create or replace function engine.find_refunds_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.found_refund(p_attempt, p_report.body) ->> 'code';
end;
$$;
comment on function engine.find_refunds_code(
  public.booking_attempts, engine.call_report
) is 'Names how far the attempt''s refund is.';

create or replace function engine.find_refunds_facts(
  p_attempt public.booking_attempts,
  p_verdict text,
  p_report engine.call_report,
  p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.refund_id := engine.found_refund(
      p_attempt, p_report.body
    ) #>> '{refund,id}';
    v_attempt.refunded_at := p_now;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.find_refunds_facts(
  public.booking_attempts, text, engine.call_report, timestamptz
) is 'Returns the attempt with the refund that was found, and when.';
