-- Gives an answer the word by which outcome_rules knows it: the provider's own error
-- code or, for a success, the result of our own checks of the answer. Of several error
-- codes the least known counts: a code that may mean "something exists" outweighs
-- others.
create or replace function engine.outcome_code(
  p_call engine.provider_calls,
  p_attempt public.booking_attempts,
  p_report engine.call_report,
  p_now timestamptz
) returns text
  language plpgsql volatile
as $$
begin
  if p_report.http_status is null then
    return coalesce(p_report.error_code, 'no_answer');
  elsif jsonb_typeof(p_report.body) is distinct from 'object' then
    return 'unreadable';
  elsif p_report.http_status >= 400 then
    return engine.refusal_code(p_call.operation, p_report);
  end if;
  case p_call.operation
    when 'search' then
      return engine.search_code(p_report);
    when 'get_offer' then
      return engine.get_offer_code(p_attempt, p_report, p_now);
    when 'create_payment' then
      return engine.create_payment_code(p_attempt, p_report);
    when 'confirm_payment' then
      return engine.confirm_payment_code(p_attempt, p_report);
    when 'create_order' then
      return engine.create_order_code(p_attempt, p_report);
    when 'capture_payment' then
      return engine.capture_payment_code(p_attempt, p_report);
    when 'read_authorization' then
      return engine.read_authorization_code(p_attempt, p_report);
    when 'read_holder' then
      return engine.read_holder_code(p_attempt, p_report, p_now);
    when 'find_order' then
      return engine.find_order_code(p_attempt, p_report);
    when 'read_capture' then
      return engine.read_capture_code(p_attempt, p_report);
    when 'cancel_payment' then
      return engine.cancel_payment_code(p_attempt, p_report);
    when 'read_void' then
      return engine.read_void_code(p_attempt, p_report);
    when 'quote_cancellation' then
      return engine.quote_cancellation_code(p_attempt, p_report);
    when 'confirm_cancellation' then
      return engine.confirm_cancellation_code(p_attempt, p_report);
    when 'read_cancellation' then
      return engine.read_cancellation_code(p_attempt, p_report);
    when 'find_refunds' then
      return engine.find_refunds_code(p_attempt, p_report);
    when 'create_refund' then
      return engine.create_refund_code(p_attempt, p_report);
    when 'look_order' then
      return engine.look_order_code(p_report);
    when 'look_payment' then
      return engine.look_payment_code(p_call, p_report);
    when 'look_charge' then
      return engine.look_charge_code(p_call, p_report);
    when 'look_refund' then
      return engine.look_refund_code(p_call, p_report);
    when 'look_dispute' then
      return engine.look_dispute_code(p_call, p_report);
    when 'look_warning' then
      return engine.look_warning_code(p_call, p_report);
    when 'look_setup' then
      return engine.look_setup_code(p_call, p_report);
    when 'look_method' then
      return engine.look_method_code(p_call, p_report);
    when 'scan_orders' then
      return engine.scan_orders_code(p_report);
    when 'scan_payments' then
      return engine.scan_payments_code(p_report);
    when 'sweep_order_events' then
      return engine.sweep_order_events_code(p_report);
    when 'sweep_payment_events' then
      return engine.sweep_payment_events_code(p_report);
    when 'cancel_orphan_payment' then
      return engine.cancel_orphan_payment_code(p_call, p_report);
    when 'send_email' then
      return engine.send_email_code(p_report);
    when 'send_webhook' then
      return engine.send_webhook_code(p_report);
    else
      raise case_not_found;
  end case;
end;
$$;
comment on function engine.outcome_code(
  engine.provider_calls, public.booking_attempts, engine.call_report, timestamptz
) is 'Names an answer for outcome_rules; the call''s own file names a success.';
