-- Reads whether the card's holder has confirmed the payment. The holder may fail and
-- try again, so that only a hold, the deadline or a change of the trip ends the wait.
-- An event of Stripe makes the next read due at once (webhooks/apply_event.sql).
select engine.define_operation(
  'read_holder', 'stripe', p_lease => '60 seconds', p_max_tries => 1,
  p_waits => '{5 s,10 s,20 s}'::interval[] || array_fill('30 s'::interval, '{400}'),
  p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('read_holder', '*', '*', 'RETRY'),
  ('read_holder', '200', 'requires_capture', 'OK'),
  ('read_holder', '200', 'succeeded', 'REVIEW'),
  ('read_holder', '200', 'amount_mismatch', 'REVIEW');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('read_holder', '200', 'not_confirmed', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your bank wanted you to confirm the payment, and the time for that has passed.'),
  ('read_holder', '200', 'trip_changed', 'FAIL', 'PENDING', '0', false,
    'The trip was changed before the payment was confirmed.'),
  ('read_holder', '200', 'canceled', 'FAIL', 'PENDING', '10 minutes', false,
    'The card authorization lapsed.');

create or replace function engine.read_holder_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.read_holder_request(public.booking_attempts) is
  'Asks for the payment.';

create or replace function engine.read_holder_code(
  p_attempt public.booking_attempts, p_report engine.call_report, p_now timestamptz
) returns text
  language plpgsql stable
as $$
declare
  v_code constant text := engine.payment_code(p_attempt, p_report);
begin
  -- What is held goes on to the order, whose final check decides.
  return case
    when v_code not in (
        'requires_payment_method', 'requires_confirmation', 'requires_action'
      ) then v_code
    when not exists (
        select from public.trip_requests as t
        where t.user_id = p_attempt.user_id
          and t.id = p_attempt.trip_request_id
          and t.auto_book_status = 'BOOKING'
          and t.version = p_attempt.trip_version
      ) then 'trip_changed'
    when p_attempt.deadline_at <= p_now then 'not_confirmed'
    else v_code
  end;
end;
$$;
comment on function engine.read_holder_code(
  public.booking_attempts, engine.call_report, timestamptz
) is 'Names the answer by the status of the payment, or why nothing waits for it.';

create or replace function engine.read_holder_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.hold_facts(p_attempt, p_verdict, p_report);
end;
$$;
comment on function engine.read_holder_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the time until which the bank holds the amount.';
