-- Returns the amount that was decided on. Before each request the refund is looked for
-- (outward/find_refunds.sql). Each refund of an attempt has a number, and with it a key
-- and a mark of its own.
select engine.define_operation(
  'create_refund', 'stripe', p_lease => '60 seconds', p_max_tries => 20,
  p_key_lasts => '23 hours'
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('create_refund', '*', '*', 'UNKNOWN'),
  ('create_refund', '200', 'succeeded', 'OK'),
  ('create_refund', '200', 'failed', 'REVIEW'),
  ('create_refund', '200', 'amount_mismatch', 'REVIEW'),
  ('create_refund', 'none', 'not_sent', 'RETRY'),
  ('create_refund', '400', '*', 'REVIEW'),
  ('create_refund', '400', 'charge_already_refunded', 'UNKNOWN'),
  ('create_refund', '409', '*', 'RETRY'),
  ('create_refund', '429', '*', 'RETRY');

create or replace function engine.create_refund_key(
  p_attempt public.booking_attempts
) returns text
  language plpgsql stable
as $$
begin
  return format('%s:create_refund:%s', p_attempt.id, p_attempt.refund_no);
end;
$$;
comment on function engine.create_refund_key(public.booking_attempts) is
  'Returns the idempotency key of the attempt''s present refund.';

create or replace function engine.create_refund_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object(
    'payment_intent', p_attempt.payment_intent_id,
    'amount', engine.stripe_amount(p_attempt.refund_amount, p_attempt.currency),
    'metadata', (engine.our_mark(p_attempt) - 'trip_request_id') || jsonb_build_object(
      'refund_id', format('%s:%s', p_attempt.id, p_attempt.refund_no)
    )
  );
end;
$$;
comment on function engine.create_refund_request(public.booking_attempts) is
  'Builds the refund of the decided amount, with our mark and the refund''s number.';

create or replace function engine.create_refund_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.found_refund(
    p_attempt, jsonb_build_object('refunds', jsonb_build_array(p_report.body))
  ) ->> 'code';
end;
$$;
comment on function engine.create_refund_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer like a list that contains this one refund.';

create or replace function engine.create_refund_facts(
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
    v_attempt.refund_id := p_report.body ->> 'id';
    v_attempt.refunded_at := p_now;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.create_refund_facts(
  public.booking_attempts, text, engine.call_report, timestamptz
) is 'Returns the attempt with the refund that was made, and when.';
