-- What an answer tells about the order and the money is kept, whatever happens next. No
-- fact is removed again: an order that exists is recorded whatever else is wrong with
-- it.
create or replace function engine.record_facts(
  p_attempt public.booking_attempts,
  p_operation text,
  p_verdict text,
  p_report engine.call_report,
  p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  case p_operation
    when 'get_offer' then
      return engine.get_offer_facts(p_attempt, p_verdict, p_report);
    when 'create_payment' then
      return engine.create_payment_facts(p_attempt, p_verdict, p_report);
    when 'confirm_payment' then
      return engine.confirm_payment_facts(p_attempt, p_verdict, p_report);
    when 'create_order' then
      return engine.create_order_facts(p_attempt, p_verdict, p_report);
    when 'capture_payment' then
      return engine.capture_payment_facts(p_attempt, p_verdict);
    when 'read_authorization' then
      return engine.read_authorization_facts(p_attempt, p_verdict, p_report);
    when 'read_holder' then
      return engine.read_holder_facts(p_attempt, p_verdict, p_report);
    when 'find_order' then
      return engine.find_order_facts(p_attempt, p_verdict, p_report);
    when 'read_capture' then
      return engine.read_capture_facts(p_attempt, p_verdict);
    when 'cancel_payment' then
      return engine.cancel_payment_facts(p_attempt, p_verdict, p_now);
    when 'read_void' then
      return engine.read_void_facts(p_attempt, p_verdict, p_now);
    when 'quote_cancellation' then
      return engine.quote_cancellation_facts(p_attempt, p_verdict, p_report);
    when 'confirm_cancellation' then
      return engine.confirm_cancellation_facts(p_attempt, p_verdict, p_now);
    when 'read_cancellation' then
      return engine.read_cancellation_facts(p_attempt, p_verdict, p_now);
    when 'find_refunds' then
      return engine.find_refunds_facts(p_attempt, p_verdict, p_report, p_now);
    when 'create_refund' then
      return engine.create_refund_facts(p_attempt, p_verdict, p_report, p_now);
    else
      return p_attempt;
  end case;
end;
$$;
comment on function engine.record_facts(
  public.booking_attempts, text, text, engine.call_report, timestamptz
) is
  'Returns the attempt with what an answer tells, by the function of the call''s own '
  'file.';
