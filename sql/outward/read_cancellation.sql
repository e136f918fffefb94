-- Reads whether the order is cancelled, when the answer to the cancellation is unknown.
select engine.define_operation(
  'read_cancellation', 'duffel', p_lease => '90 seconds', p_max_tries => 20
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('read_cancellation', '*', '*', 'RETRY'),
  ('read_cancellation', '200', 'ok', 'OK'),
  ('read_cancellation', '200', 'not_cancelled', 'REDO'),
  ('read_cancellation', '200', 'refund_unknown', 'REVIEW');

create or replace function engine.read_cancellation_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('order_id', p_attempt.order_id);
end;
$$;
comment on function engine.read_cancellation_request(public.booking_attempts) is
  'Asks for the order.';

create or replace function engine.read_cancellation_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return case
    when p_report.body #>> '{data,id}' is distinct from p_attempt.order_id
      then 'unreadable'
    when p_report.body #>> '{data,cancelled_at}' is null then 'not_cancelled'
    -- The order was cancelled by a quote that we have, or with no money to return.
    when p_attempt.refund_amount is not null or p_attempt.status <> 'SUCCESS' then 'ok'
    else 'refund_unknown'
  end;
end;
$$;
comment on function engine.read_cancellation_code(
  public.booking_attempts, engine.call_report
) is 'Names whether the order is cancelled, and whether its refund is known.';

create or replace function engine.read_cancellation_facts(
  p_attempt public.booking_attempts, p_verdict text, p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.confirm_cancellation_facts(p_attempt, p_verdict, p_now);
end;
$$;
comment on function engine.read_cancellation_facts(
  public.booking_attempts, text, timestamptz
) is 'Returns the attempt with the time at which its order was cancelled.';
