-- The final check just before an order leaves; an order is a call that its provider
-- would not recognise as a repetition. A crash before this commit is a safe retry, a
-- crash after it is UNKNOWN. Null means that the order must be sent; any other result
-- says why not. In that case the attempt is already on its way back, looks for an order
-- that is known, or waits until a history that a failover or a restore has changed was
-- compared. A session that keeps the trip's or the traveller's rows locked delays a
-- worker for a quarter of a second at the most: then this function fails, nothing
-- leaves, and the worker reports that.
-- Lock order: trip_requests, then the traveller, then booking_attempts, then
-- provider_calls, then the installation's spending (money/ceiling_problem.sql).
create or replace function engine.mark_sent(p_call_id bigint, p_epoch integer)
  returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '250ms'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_call engine.provider_calls;
  v_trip public.trip_requests;
  v_attempt public.booking_attempts;
  v_check record;
  v_report engine.call_report;
  v_began_at timestamptz := clock_timestamp();
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = v_call.user_id and t.id = v_call.trip_request_id
  for no key update;
  perform engine.lock_traveller(v_call.user_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id
  for no key update;
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id for update;
  if v_call.id is null
    or v_call.epoch <> p_epoch
    or v_call.state <> 'CLAIMED'
    or v_call.lease_until <= v_now
    or v_call.attempt_epoch <> v_attempt.epoch
  then
    return 'the lease is over';
  end if;
  v_check := engine.check_sending(v_call.operation, v_attempt, v_trip, v_now);
  perform engine.record_flag_usage();
  if v_check.verdict is null then
    update engine.provider_calls as c
    set
      state = 'SENT',
      sent_at = v_now,
      lease_until = v_now + (
        select o.lease from engine.operations as o where o.operation = v_call.operation
      )
    where c.id = p_call_id;
    return null;
  elsif v_check.verdict = 'WAIT' then
    -- The call waits, its try given back, until both providers' lists were compared.
    update engine.provider_calls as c
    set
      state = 'READY',
      tries = greatest(c.tries - 1, 0),
      lease_until = null,
      run_at = v_now + interval '5 seconds'
    where c.id = p_call_id;
    return 'waiting: ' || v_check.reason;
  elsif v_check.verdict = 'UNKNOWN' then
    update engine.provider_calls as c
    set
      state = 'UNKNOWN', verdict = 'UNKNOWN', error_code = 'order_known',
      lease_until = null, sent_at = v_now, finished_at = v_now
    where c.id = p_call_id;
    v_report.error_code := 'order_known';
    perform engine.advance_attempt(
      v_attempt, v_call.operation, 'UNKNOWN', null::engine.outcome_rules, v_report,
      null, v_check.reason, coalesce(v_call.worker, session_user),
      'call:' || p_call_id, v_now
    );
    perform engine.wake_sidecar();
    return 'an order of this attempt is known';
  end if;
  update engine.provider_calls as c
  set
    state = 'DONE', verdict = 'STOP', error_code = 'stopped', lease_until = null,
    finished_at = v_now
  where c.id = p_call_id;
  v_report.error_code := 'stopped';
  perform engine.advance_attempt(
    v_attempt, v_call.operation, 'STOP', null::engine.outcome_rules, v_report, null,
    'Not ordered: ' || v_check.reason || '.', coalesce(v_call.worker, session_user),
    'call:' || p_call_id, v_now
  );
  if v_call.trace_sampled then
    perform engine.add_span(
      v_call.trace_id, engine.call_span(8, v_call.id, v_call.epoch),
      engine.attempt_span(7, v_attempt.id, 0), 'stop', v_began_at,
      jsonb_build_object(
        'call', v_call.id, 'try', v_call.epoch, 'operation', v_call.operation,
        'trip', v_call.trip_request_id, 'attempt', v_attempt.id
      )
    );
  end if;
  perform engine.wake_sidecar();
  return v_check.reason;
end;
$$;
comment on function engine.mark_sent(bigint, integer) is
  'Commits that an order is about to leave; returns why not when the order must not '
  'leave.';
grant execute on function engine.mark_sent(bigint, integer) to skylatch_sidecar;
