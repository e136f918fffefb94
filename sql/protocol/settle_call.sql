-- What came back, applied: the verdict is looked up, the call closed, and the trip or
-- attempt moved on, in one transaction. A report with an old epoch changes nothing, but
-- what it says is kept: it may be the only trace of an order.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
drop function if exists engine.settle_call(bigint, integer, jsonb, text, timestamptz);
drop function if exists engine.settle_call(
  engine.call_report, boolean, text, timestamptz
);
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
  v_rule engine.outcome_rules;
  v_report engine.call_report := p_report;
  v_verdict text;
  v_stored integer;
  v_again_at timestamptz;
  v_observes boolean;
  v_fare public.fare_history;
  v_began_at timestamptz := clock_timestamp();
  v_ingest_at timestamptz;
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
  -- Recovery looked before it had the lock. What was marked as sent meanwhile has a new
  -- lease and is on its way: to call it not sent would send it twice.
  if v_call.id is null or p_recovered and v_call.lease_until >= p_now then
    return null;
  end if;
  if v_call.epoch <> p_report.epoch
    or v_call.state not in ('CLAIMED', 'SENT')
    and (v_call.state <> 'READY' or p_report.error_code <> 'key_expired')
    or v_call.attempt_epoch <> v_attempt.epoch and v_call.object_id is null
  then
    if v_call.operation = 'create_order'
      and v_attempt.state in ('ORDERING', 'ORDER_UNKNOWN', 'NEEDS_REVIEW')
      and p_report.body #>> '{data,id}' is not null
    then
      -- Too late to be believed as an answer, but it says where to look.
      update public.booking_attempts as a
      set order_hint = p_report.body #>> '{data,id}'
      where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id;
      perform engine.nudge_attempt(v_call.user_id, v_call.booking_attempt_id, p_now);
    end if;
    if v_call.user_id is null then
      return null;
    end if;
    perform engine.log_event(
      v_call.user_id, v_call.trip_request_id, v_call.booking_attempt_id, p_actor,
      'call:' || v_call.id, v_attempt.state, v_attempt.state,
      v_call.operation || ': a late report was ignored',
      jsonb_strip_nulls(
        jsonb_build_object(
          'http_status', p_report.http_status,
          'request_id', p_report.request_id,
          'object', coalesce(p_report.body #>> '{data,id}', p_report.body ->> 'id'),
          'epoch', p_report.epoch
        )
      ),
      case when v_call.booking_attempt_id is null then v_call.trace_id end
    );
    return null;
  end if;

  if v_call.operation = 'get_offer' and p_report.http_status = 200 then
    perform engine.store_live_offer(v_attempt, p_report.body -> 'data', p_now);
  end if;
  v_report.error_code := engine.outcome_code(v_call, p_report, p_now);
  v_rule := engine.find_rule(
    v_call.operation, v_report.http_status, v_report.error_code
  );
  v_verdict := v_rule.verdict;
  -- What recovery says about a worker that went away says nothing of the provider.
  if not p_recovered then
    perform engine.note_breaker(v_call.operation, v_report, p_now);
  end if;
  select o.observes into v_observes
  from engine.operations as o where o.operation = v_call.operation;
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
  v_again_at := engine.retry_at(
    v_call.operation, v_call.tries, v_report.retry_after,
    v_attempt.deadline_at, p_now
  );
  -- A provider repeats a failure under the same key: doing and reading in turns ends.
  if v_verdict in ('RETRY', 'REDO') and v_again_at is null then
    v_verdict := 'EXHAUSTED';
  end if;
  perform engine.raise_counter(
    'skylatch_provider_answers_total',
    jsonb_build_object('operation', v_call.operation, 'verdict', v_verdict), 1
  );
  if v_verdict = 'RETRY' then
    update engine.provider_calls as c
    set
      state = 'READY',
      lease_until = null,
      sent_at = null,
      verdict = v_verdict,
      http_status = v_report.http_status,
      error_code = v_report.error_code,
      request_id = v_report.request_id,
      run_at = v_again_at
    where c.id = p_report.call_id;
    return null;
  end if;
  update engine.provider_calls as c
  set
    state = case v_verdict
      when 'UNKNOWN' then 'UNKNOWN' when 'EXHAUSTED' then 'DEAD' else 'DONE'
    end,
    lease_until = null,
    finished_at = p_now,
    verdict = v_verdict,
    http_status = v_report.http_status,
    error_code = v_report.error_code,
    request_id = v_report.request_id
  where c.id = p_report.call_id;
  if v_rule.halts then
    perform engine.set_kill_switch(
      true, format('%s refused: %s', v_call.operation, v_report.error_code)
    );
  end if;

  if v_observes then
    if v_verdict = 'OK' then
      perform engine.apply_look(v_call, v_report, p_actor, p_now);
    end if;
    update engine.provider_calls as c
    set state = 'READY', again = false, tries = 0, run_at = p_now, finished_at = null
    where c.id = p_report.call_id and c.again;
    return null;
  elsif v_call.booking_attempt_id is not null then
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
  end if;

  if v_verdict = 'OK' then
    v_ingest_at := clock_timestamp();
    v_stored := engine.ingest_offers(
      v_call.user_id, v_call.trip_request_id, (v_call.payload ->> 'round')::integer,
      v_call.payload -> 'request', v_report.body, p_now
    );
    select h.* into v_fare
    from public.fare_history as h
    where h.user_id = v_call.user_id
      and h.trip_request_id = v_call.trip_request_id
      and h.searched_at = p_now
    order by h.id desc
    limit 1;
    if v_fare.malformed > 0 then
      perform engine.raise_counter(
        'skylatch_offers_total', '{"reason": "unreadable"}', v_fare.malformed
      );
    end if;
    perform engine.record_looks(
      array[v_call.trip_request_id], array[v_call.payload ->> 'search_key'],
      array[v_fare.offers], array[v_fare.cheapest::numeric], array[v_fare.currency],
      p_now
    );
    if v_call.trace_sampled then
      perform engine.add_span(
        v_call.trace_id, engine.child_span(3, v_span), v_span, 'ingest', v_ingest_at,
        jsonb_build_object('offers', v_stored)
      );
    end if;
  else
    -- This search waits; the others of the trip do not.
    update engine.trip_searches as s
    set next_look_at = greatest(
      s.next_look_at, p_now + coalesce(v_rule.search_again_after, '10 minutes')
    )
    where s.user_id = v_call.user_id
      and s.trip_request_id = v_call.trip_request_id
      and s.search_key = v_call.payload ->> 'search_key';
    perform engine.schedule_trips(array[v_call.trip_request_id], p_now);
    update public.trip_requests as t
    set status_reason = coalesce(v_rule.reason, 'The airline search did not answer.')
    where t.user_id = v_call.user_id
      and t.id = v_call.trip_request_id
      and t.auto_book_status = 'PENDING';
  end if;
  perform engine.log_event(
    v_call.user_id, v_call.trip_request_id, null, p_actor, 'call:' || v_call.id,
    null, null, format('search: %s', lower(v_verdict collate "C")),
    jsonb_strip_nulls(
      jsonb_build_object(
        'offers', v_stored,
        'http_status', v_report.http_status,
        'error_code', v_report.error_code,
        'request_id', v_report.request_id
      )
    ),
    v_call.trace_id
  );
  v_next := engine.decide_trip(
    v_call.user_id, v_call.trip_request_id, p_actor, p_now,
    row(v_call.trace_id, v_call.trace_sampled, v_span)::engine.trace_context, p_hand_to
  );
  if v_call.trace_sampled then
    perform engine.add_span(
      v_call.trace_id, v_span, engine.child_span(1, v_span), 'settle', v_began_at,
      jsonb_build_object('trip', v_call.trip_request_id, 'next_call', v_next)
    );
  end if;
  return v_next;
end;
$$;
comment on function engine.settle_call(
  engine.call_report, boolean, text, timestamptz, text
) is 'Applies one report, or what recovery knows, and returns the call to make next.';
