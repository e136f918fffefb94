-- The one place where the saga moves: (state, verdict) is looked up, what the answer
-- taught is kept, and the next call is enqueued, all in the caller's transaction. A
-- pair that is not in the table is a person's to decide. Returns the next call, if any.
-- The caller holds the locks of the trip and the attempt.
create or replace function engine.advance_attempt(
  p_attempt public.booking_attempts,
  p_operation text,
  p_verdict text,
  p_rule engine.outcome_rules,
  p_report jsonb,
  p_actor text,
  p_correlation_id text,
  p_now timestamptz
) returns bigint
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_body jsonb := p_report -> 'body';
  v_to engine.saga_transitions;
  v_state engine.saga_states;
begin
  select t.* into v_to
  from engine.saga_transitions as t
  where t.state = p_attempt.state and t.verdict = p_verdict;
  if not found then
    v_to.next_state := 'NEEDS_REVIEW';
  end if;
  select s.* into v_state from engine.saga_states as s where s.state = v_to.next_state;

  -- An order that exists is recorded whatever else is wrong with it.
  if p_operation = 'create_order' and p_verdict in ('OK', 'REVIEW') then
    v_attempt.order_id := v_body #>> '{data,id}';
    v_attempt.booking_reference := v_body #>> '{data,booking_reference}';
  elsif p_verdict = 'OK' and p_operation = 'get_offer' then
    v_attempt.agreed_amount := (v_body #>> '{data,total_amount}')::numeric;
  elsif p_verdict = 'OK' and p_operation = 'create_payment' then
    v_attempt.payment_intent_id := v_body ->> 'id';
  elsif p_verdict = 'OK' and p_operation in ('confirm_payment', 'read_authorization') then
    v_attempt.capture_before := to_timestamp(
      (v_body #>> '{latest_charge,payment_method_details,card,capture_before}')::bigint
    );
  end if;
  if p_verdict in ('FAIL', 'RESEARCH', 'STOP', 'EXHAUSTED')
    and v_attempt.error_message is null
  then
    v_attempt.error_code := coalesce(p_report ->> 'error_code', lower(p_verdict));
    v_attempt.error_message := coalesce(
      p_rule.reason, p_report ->> 'reason', 'The provider did not answer in time.'
    );
    v_attempt.trip_status_after := coalesce(p_rule.trip_status, 'PENDING');
    v_attempt.search_again_after := coalesce(
      p_rule.search_again_after, interval '10 minutes'
    );
  end if;

  update public.booking_attempts as a
  set
    state = v_to.next_state,
    epoch = a.epoch + 1,
    state_changed_at = p_now,
    status = case v_to.next_state
      when 'CONFIRMED' then 'SUCCESS' when 'FAILED' then 'FAILED' else 'PENDING'
    end,
    ended_at = case when v_state.is_final then p_now end,
    agreed_amount = v_attempt.agreed_amount,
    payment_intent_id = v_attempt.payment_intent_id,
    capture_before = v_attempt.capture_before,
    order_id = v_attempt.order_id,
    booking_reference = v_attempt.booking_reference,
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
      lower(p_verdict)
      || coalesce(' (' || nullif(p_report ->> 'error_code', 'ok') || ')', '')
    ),
    jsonb_strip_nulls(
      jsonb_build_object(
        'http_status', p_report -> 'http_status',
        'request_id', p_report -> 'request_id',
        'amount', v_attempt.agreed_amount::text,
        'currency', v_attempt.currency
      )
    )
  );

  if v_to.next_state = 'CONFIRMED' then
    perform engine.confirm_booking(v_attempt, p_now);
  elsif v_to.next_state = 'FAILED' then
    perform engine.release_trip(v_attempt, p_now);
  elsif v_state.is_parked then
    update public.trip_requests as t
    set status_reason = v_state.meaning
    where t.user_id = v_attempt.user_id and t.id = v_attempt.trip_request_id;
  elsif v_to.next_operation is not null then
    return engine.enqueue_call(
      v_attempt, v_to.next_operation,
      -- Reading too early only shows the state of before: give the provider a moment.
      p_now + case
        when p_verdict in ('UNKNOWN', 'REDO') then interval '1 second' else '0'
      end
    );
  end if;
  return null;
end;
$$;
comment on function engine.advance_attempt(
  public.booking_attempts, text, text, engine.outcome_rules, jsonb, text, text,
  timestamptz
) is 'Applies one verdict to an attempt and returns the next call.';
