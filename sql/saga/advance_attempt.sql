-- This is the one place where an attempt moves. The pair of its state and the verdict
-- is looked up in saga_transitions, what the answer told is kept, and the next call is
-- enqueued, all in the caller's transaction. A pair that has no row there is for a
-- person to decide: the attempt waits in NEEDS_REVIEW. The function returns the next
-- call, if there is one, handed to the worker p_hand_to if one is named.
-- p_as_state is the state to look the verdict up in, where a person's order is not
-- about the present one. p_reason says why in words. Both come from the engine and are
-- never part of a report.
-- The caller holds the locks of the trip and the attempt.
create or replace function engine.advance_attempt(
  p_attempt public.booking_attempts,
  p_operation text,
  p_verdict text,
  p_rule engine.outcome_rules,
  p_report engine.call_report,
  p_as_state text,
  p_reason text,
  p_actor text,
  p_correlation_id text,
  p_now timestamptz,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_to record;
begin
  select
    coalesce(t.next_state, 'NEEDS_REVIEW') as next_state,
    t.next_operation,
    coalesce(s.is_final, false) as is_final
  into v_to
  from (select 1) as one
  left join engine.saga_transitions as t
    on t.state = coalesce(p_as_state, p_attempt.state) and t.verdict = p_verdict
  left join engine.saga_states as s on t.next_state = s.state;
  v_attempt := engine.record_facts(
    v_attempt, p_operation, p_verdict, p_report, p_now
  );
  if p_verdict <> 'OK' then
    v_attempt := engine.record_end(
      v_attempt, p_verdict, p_rule, p_report.error_code, p_reason
    );
  end if;
  if v_to.next_state = 'VOIDING' and v_attempt.payment_intent_id is null then
    v_to.next_state := 'FAILED';  -- nothing was ever held
    v_to.is_final := true;
  elsif v_to.next_state = 'VOIDING' and v_attempt.captured_amount is not null then
    v_to.next_state := 'REFUNDING';  -- what was collected cannot be voided
    v_to.next_operation := 'find_refunds';
    v_attempt.refund_amount := v_attempt.captured_amount;
  end if;

  update public.booking_attempts as a
  set
    state = v_to.next_state,
    epoch = a.epoch + 1,
    state_changed_at = p_now,
    -- A booking that was made stays made, whatever becomes of it.
    status = case
      when v_to.next_state = 'CONFIRMED' or a.status = 'SUCCESS' then 'SUCCESS'
      when v_to.is_final then 'FAILED'
      else 'PENDING'
    end,
    ended_at = case
      when a.status = 'SUCCESS' then a.ended_at when v_to.is_final then p_now
    end,
    deadline_at = case v_to.next_state
      when 'AWAITING_HOLDER' then engine.holder_deadline(v_attempt, p_now)
      -- While the hold lasts with half a day to spare, and no longer than a day.
      when 'ORDER_UNKNOWN' then greatest(
        least(
          p_now + interval '24 hours', v_attempt.capture_before - interval '12 hours'
        ),
        p_now + interval '5 minutes'
      )
    end,
    review_from = case
      when v_to.next_state = 'NEEDS_REVIEW' and a.state <> 'NEEDS_REVIEW' then a.state
      else a.review_from
    end,
    min_refund = case v_to.next_state
      when 'QUOTING_ORDER' then coalesce(v_attempt.min_refund, v_attempt.agreed_amount)
      else v_attempt.min_refund
    end,
    agreed_amount = v_attempt.agreed_amount,
    payment_intent_id = v_attempt.payment_intent_id,
    capture_before = v_attempt.capture_before,
    captured_amount = v_attempt.captured_amount,
    voided_at = v_attempt.voided_at,
    order_id = v_attempt.order_id,
    order_hint = v_attempt.order_hint,
    order_cancelled_at = v_attempt.order_cancelled_at,
    booking_reference = v_attempt.booking_reference,
    itinerary = v_attempt.itinerary,
    cancellation_id = v_attempt.cancellation_id,
    refund_amount = v_attempt.refund_amount,
    refund_no = v_attempt.refund_no,
    refund_id = v_attempt.refund_id,
    refunded_at = v_attempt.refunded_at,
    error_code = v_attempt.error_code,
    error_message = v_attempt.error_message,
    trip_status_after = v_attempt.trip_status_after,
    search_again_after = v_attempt.search_again_after
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id
  returning a.* into v_attempt;

  perform engine.log_event(
    v_attempt.user_id, v_attempt.trip_request_id, v_attempt.id, p_actor,
    p_correlation_id, p_attempt.state, v_to.next_state,
    format(
      '%s: %s', p_operation,
      lower(p_verdict collate "C")
      || coalesce(
        ' (' || coalesce(nullif(p_report.error_code, 'ok'), p_reason) || ')', ''
      )
    ),
    jsonb_strip_nulls(
      jsonb_build_object(
        'http_status', p_report.http_status,
        'request_id', p_report.request_id,
        'amount', v_attempt.agreed_amount::text,
        'currency', v_attempt.currency
      )
    ),
    coalesce(v_attempt.trace_id, v_attempt.id)
  );
  perform engine.count_step(p_attempt, v_attempt, p_operation, p_verdict);
  perform engine.apply_state_effects(
    p_attempt, v_attempt, p_operation, p_verdict, p_report, p_actor, p_now
  );

  if v_to.next_operation is not null and not v_to.is_final then
    return engine.enqueue_step(
      v_attempt, v_to.next_operation,
      -- Reading too early only shows the state of before: give the provider a moment.
      p_now + case
        when p_verdict in ('UNKNOWN', 'REDO') then interval '1 second' else '0'
      end,
      p_hand_to
    );
  end if;
  return null;
end;
$$;
comment on function engine.advance_attempt(
  public.booking_attempts, text, text, engine.outcome_rules, engine.call_report, text,
  text, text, text, timestamptz, text
) is
  'Applies one verdict to an attempt and returns the attempt''s next call, if there is '
  'one.';
