-- Cancels the order by the quote that was accepted. A repeated confirmation is answered
-- as such.
select engine.define_operation(
  'confirm_cancellation', 'duffel', p_lease => '120 seconds', p_max_tries => 12
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('confirm_cancellation', '*', '*', 'UNKNOWN'),
  ('confirm_cancellation', '200', 'ok', 'OK'),
  ('confirm_cancellation', 'none', 'not_sent', 'RETRY'),
  ('confirm_cancellation', '429', '*', 'RETRY');

create or replace function engine.confirm_cancellation_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('cancellation_id', p_attempt.cancellation_id);
end;
$$;
comment on function engine.confirm_cancellation_request(public.booking_attempts) is
  'Names the quote to confirm.';

create or replace function engine.confirm_cancellation_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return case
    when p_report.body #>> '{data,id}' is distinct from p_attempt.cancellation_id
      or p_report.body #>> '{data,confirmed_at}' is null then 'unreadable'
    else 'ok'
  end;
end;
$$;
comment on function engine.confirm_cancellation_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer: the quote is confirmed, or the answer cannot be read.';

create or replace function engine.confirm_cancellation_facts(
  p_attempt public.booking_attempts, p_verdict text, p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.order_cancelled_at := p_now;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.confirm_cancellation_facts(
  public.booking_attempts, text, timestamptz
) is 'Returns the attempt with the time at which its order was cancelled.';
