-- An answer that was read for the record is handed to the function that knows what it
-- means. No such function moves a saga: at most an attempt's own read becomes due, or a
-- case is opened.
create or replace function engine.apply_read(
  p_call engine.provider_calls,
  p_report engine.call_report,
  p_actor text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_body jsonb := p_report.body;
  v_outcome text;
begin
  if starts_with(p_call.operation, 'look_') then
    perform engine.record_evidence(p_call, v_body, p_now);
  end if;
  v_outcome := case p_call.operation
    when 'look_order' then engine.note_order(p_call, v_body, p_now)
    when 'look_payment' then engine.note_payment(p_call, v_body, p_now)
    when 'look_charge' then engine.note_payment(p_call, v_body, p_now)
    when 'look_refund' then engine.note_refund(p_call, v_body, p_now)
    when 'look_dispute' then engine.note_dispute(p_call, v_body, p_now)
    when 'look_warning' then engine.note_dispute(p_call, v_body, p_now)
    when 'look_setup' then engine.note_method(p_call, v_body, p_now)
    when 'look_method' then engine.note_method(p_call, v_body, p_now)
    when 'scan_orders' then engine.compare_orders(p_call, v_body, p_now)
    when 'scan_payments' then engine.compare_payments(p_call, v_body, p_now)
    when 'sweep_order_events' then engine.receive_sweep(p_call, v_body, p_now)
    when 'sweep_payment_events' then engine.receive_sweep(p_call, v_body, p_now)
    when 'cancel_orphan_payment' then engine.note_orphan_void(p_call, v_body, p_now)
  end;
  -- A booking is read again and again: only news is put down.
  if p_call.user_id is not null
    and (v_outcome is not null or not p_call.payload ? 'scheduled')
  then
    perform engine.log_event(
      p_call.user_id, p_call.trip_request_id, p_call.booking_attempt_id, p_actor,
      'call:' || p_call.id, null, null,
      format('%s: %s', p_call.operation, coalesce(v_outcome, 'nothing new')),
      jsonb_strip_nulls(jsonb_build_object('request_id', p_report.request_id)),
      case when p_call.booking_attempt_id is null then p_call.trace_id end
    );
  end if;
end;
$$;
comment on function engine.apply_read(
  engine.provider_calls, engine.call_report, text, timestamptz
) is 'Hands the answer of a read to the function that knows what it means.';
