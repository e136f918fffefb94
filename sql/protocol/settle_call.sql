-- A report is led from the queue to its call's own file and on to the saga, in one
-- transaction: the answer gets its name and its verdict, the call is closed, and the
-- trip or the attempt moves on. A report with an old epoch changes nothing.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.settle_call(
  p_report engine.call_report,
  p_recovered boolean,
  p_actor text,
  p_now timestamptz,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_call engine.provider_calls;
  v_attempt public.booking_attempts;
  v_operation engine.operations;
  v_rule engine.outcome_rules;
  v_report engine.call_report := p_report;
  v_verdict text;
  v_again_at timestamptz;
  v_began_at timestamptz := clock_timestamp();
  v_span bigint := engine.call_span(2, p_report.call_id, p_report.epoch);
  v_next bigint;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_report.call_id;
  perform engine.take_trip(v_call.user_id, v_call.trip_request_id);
  -- An account-wide call has no trip to lock, and its own row keeps others off.
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id
  for no key update;
  select c.* into v_call
  from engine.provider_calls as c where c.id = p_report.call_id
  for update;
  -- Recovery read the call before it had the lock. What was marked as sent meanwhile has
  -- a new lease and is on its way: to call it not sent would send it twice.
  if v_call.id is null or p_recovered and v_call.lease_until >= p_now then
    return null;
  end if;
  if v_call.epoch <> p_report.epoch
    or v_call.state not in ('CLAIMED', 'SENT')
    and (v_call.state <> 'READY' or p_report.error_code <> 'key_expired')
    or v_call.attempt_epoch <> v_attempt.epoch and v_call.object_id is null
  then
    perform engine.note_late_report(v_call, v_attempt, p_report, p_actor, p_now);
    return null;
  end if;

  select o.* into v_operation
  from engine.operations as o where o.operation = v_call.operation;
  v_report.error_code := engine.outcome_code(v_call, v_attempt, p_report, p_now);
  v_rule := engine.find_rule(
    v_call.operation, v_report.http_status, v_report.error_code
  );
  v_verdict := v_rule.verdict;
  -- What recovery says about a worker that went away says nothing of the provider.
  if not p_recovered then
    perform engine.note_breaker(v_operation, v_report, p_now);
  end if;
  -- The try is over, whatever follows from it.
  if v_call.trace_sampled and v_call.state <> 'READY' then
    perform engine.add_span(
      v_call.trace_id, engine.call_span(1, v_call.id, v_call.epoch),
      case
        when v_attempt.id is not null then engine.attempt_span(7, v_attempt.id, 0)
        when v_call.operation = 'search' then engine.call_span(6, v_call.id, 0)
      end,
      'call', v_call.claimed_at,
      jsonb_build_object(
        'call', v_call.id, 'try', v_call.epoch, 'operation', v_call.operation,
        'trip', v_call.trip_request_id, 'attempt', v_call.booking_attempt_id,
        'worker', v_call.worker, 'recovered', p_recovered, 'verdict', v_verdict,
        'http_status', v_report.http_status, 'error_code', v_report.error_code,
        'request_id', v_report.request_id
      )
    );
  end if;
  if v_verdict in ('RETRY', 'REDO') then
    v_again_at := engine.retry_at(
      v_operation, v_call.tries, v_report.retry_after, v_attempt.deadline_at, p_now
    );
    -- A provider repeats a failure under the same key: doing and reading in turns ends.
    if v_again_at is null then
      v_verdict := 'EXHAUSTED';
    end if;
  end if;
  perform engine.raise_counter(
    'skylatch_provider_answers_total',
    jsonb_build_object('operation', v_call.operation, 'verdict', v_verdict), 1
  );
  if v_verdict = 'RETRY' then
    perform engine.retry_call(v_report, v_again_at);
    return null;
  end if;
  perform engine.close_call(v_report, v_verdict, p_now);
  if v_rule.halts then
    perform engine.set_kill_switch(
      true, format('%s refused: %s', v_call.operation, v_report.error_code)
    );
  end if;

  if v_call.object_id is not null then
    if v_verdict = 'OK' then
      perform engine.apply_read(v_call, v_report, p_actor, p_now);
    end if;
    perform engine.repeat_call(v_call.id, p_now);
    return null;
  elsif v_call.delivery_id is not null then
    perform engine.settle_delivery(v_call, v_report, v_verdict, p_now);
    return null;
  elsif v_call.booking_attempt_id is null then
    return engine.settle_search(
      v_call, v_report, v_verdict, v_rule, p_actor, p_now, v_began_at, p_hand_to
    );
  end if;
  v_next := engine.advance_attempt(
    v_attempt, v_call.operation, v_verdict, v_rule, v_report, null, null, p_actor,
    'call:' || v_call.id, p_now, p_hand_to
  );
  if v_call.trace_sampled then
    perform engine.add_span(
      v_call.trace_id, v_span, engine.child_span(1, v_span), 'step', v_began_at,
      jsonb_build_object(
        'attempt', v_attempt.id, 'operation', v_call.operation, 'verdict', v_verdict,
        'from', v_attempt.state, 'to', a.state, 'next_call', v_next
      )
    )
    from public.booking_attempts as a
    where a.user_id = v_attempt.user_id and a.id = v_attempt.id;
  end if;
  return v_next;
end;
$$;
comment on function engine.settle_call(
  engine.call_report, boolean, text, timestamptz, text
) is
  'Applies one report, or what recovery knows of a call, and returns the call to make '
  'next.';
