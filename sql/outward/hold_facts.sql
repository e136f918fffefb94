create or replace function engine.hold_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.capture_before := to_timestamp(
      (
        p_report.body
        #>> '{latest_charge,payment_method_details,card,capture_before}'
      )::bigint
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.hold_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the time until which the bank holds the amount.';
