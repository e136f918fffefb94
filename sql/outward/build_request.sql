-- Builds what the sidecar needs to make a call, when the call is handed out, from rows
-- that are frozen while the attempt runs. Personal data are read here and stored
-- nowhere else. Null when the request cannot be built: one broken call must not keep
-- others from being claimed. A call that only observes was enqueued with its request.
create or replace function engine.build_request(p_call engine.provider_calls)
  returns jsonb
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts;
begin
  if p_call.booking_attempt_id is not null and p_call.object_id is null then
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
  end if;
  case p_call.operation
    when 'search' then
      return engine.search_request(p_call);
    when 'get_offer' then
      return engine.get_offer_request(v_attempt);
    when 'create_payment' then
      return engine.create_payment_request(v_attempt);
    when 'confirm_payment' then
      return engine.confirm_payment_request(v_attempt);
    when 'create_order' then
      return engine.create_order_request(v_attempt);
    when 'capture_payment' then
      return engine.capture_payment_request(v_attempt);
    when 'read_authorization' then
      return engine.read_authorization_request(v_attempt);
    when 'read_holder' then
      return engine.read_holder_request(v_attempt);
    when 'find_order' then
      return engine.find_order_request(v_attempt);
    when 'read_capture' then
      return engine.read_capture_request(v_attempt);
    when 'cancel_payment' then
      return engine.cancel_payment_request(v_attempt);
    when 'read_void' then
      return engine.read_void_request(v_attempt);
    when 'quote_cancellation' then
      return engine.quote_cancellation_request(v_attempt);
    when 'confirm_cancellation' then
      return engine.confirm_cancellation_request(v_attempt);
    when 'read_cancellation' then
      return engine.read_cancellation_request(v_attempt);
    when 'find_refunds' then
      return engine.find_refunds_request(v_attempt);
    when 'create_refund' then
      return engine.create_refund_request(v_attempt);
    when 'cancel_orphan_payment' then
      return engine.cancel_orphan_payment_request(p_call);
    when 'send_email' then
      return engine.send_email_request(p_call);
    when 'send_webhook' then
      return engine.send_webhook_request(p_call);
    when 'look_order', 'look_payment', 'look_charge', 'look_refund', 'look_dispute',
      'look_warning', 'look_setup', 'look_method', 'scan_orders', 'scan_payments',
      'sweep_order_events', 'sweep_payment_events' then
      return p_call.payload;
    else
      raise case_not_found;
  end case;
exception when others then
  raise warning 'request of call % (trace %) not built: % %',
    p_call.id, engine.trace_hex(p_call.trace_id), sqlstate, sqlerrm;
  return null;
end;
$$;
comment on function engine.build_request(engine.provider_calls) is
  'Builds the request of one outward call by the function of the call''s own file; '
  'null when it cannot be built.';
