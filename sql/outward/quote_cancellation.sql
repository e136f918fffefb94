-- Asks what cancelling the order would return. A quote changes nothing, and only the
-- newest one can be confirmed. The quoted amount must be at least what the cancellation
-- asked for.
select engine.define_operation(
  'quote_cancellation', 'duffel', p_lease => '90 seconds', p_max_tries => 12
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('quote_cancellation', '*', '*', 'RETRY'),
  ('quote_cancellation', '201', 'ok', 'OK'),
  ('quote_cancellation', '200', 'ok', 'OK'),
  ('quote_cancellation', '422', 'already_cancelled', 'UNKNOWN');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('quote_cancellation', '2xx', 'refund_too_low', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Cancelling would return less than was asked for.'),
  ('quote_cancellation', '2xx', 'refund_elsewhere', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline would not return the money to us.'),
  ('quote_cancellation', '422', 'order_not_cancellable', 'FAIL', 'ACTION_REQUIRED',
    null, false, 'The airline does not let this order be cancelled.');

create or replace function engine.quote_cancellation_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('order_id', p_attempt.order_id);
end;
$$;
comment on function engine.quote_cancellation_request(public.booking_attempts) is
  'Names the order to be quoted.';

create or replace function engine.quote_cancellation_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
declare
  v_quote jsonb := p_report.body -> 'data';
begin
  return case
    when v_quote ->> 'id' is null then 'unreadable'
    when v_quote ->> 'refund_to' is distinct from 'balance'
      or v_quote ->> 'refund_currency' is distinct from p_attempt.currency
      then 'refund_elsewhere'
    when (v_quote ->> 'refund_amount')::numeric >= p_attempt.min_refund then 'ok'
    else 'refund_too_low'
  end;
end;
$$;
comment on function engine.quote_cancellation_code(
  public.booking_attempts, engine.call_report
) is 'Names whether the airline returns enough, and returns it to us.';

create or replace function engine.quote_cancellation_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.cancellation_id := p_report.body #>> '{data,id}';
    v_attempt.refund_amount := least(
      (p_report.body #>> '{data,refund_amount}')::numeric, p_attempt.captured_amount
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.quote_cancellation_facts(
  public.booking_attempts, text, engine.call_report
) is
  'Returns the attempt with the quote and the amount that the traveller gets back, '
  'never more than was captured.';
