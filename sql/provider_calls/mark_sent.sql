-- The last look before an order leaves: a crash before this commit is a safe retry, a
-- crash after it is UNKNOWN. Returns null for "send it", else why not; in that case the
-- attempt is already on its way back, looks for an order that is known, or waits until
-- a history that a failover or a restore has changed was compared. Whoever holds the
-- trip's or the traveller's rows keeps a worker for a quarter of a second at the most:
-- then it fails, nothing leaves, and the worker says so.
-- Lock order: trip_requests, then the traveller, then booking_attempts, then
-- provider_calls, then the installation's spending (booking/ceiling_problem.sql).
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
  v_offer public.flight_offers;
  v_problem text;
  v_reason text;
  v_wait text;
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
  if v_attempt.order_hint is not null then
    -- Duffel has shown an order of this attempt, whatever this history knows of it.
    update engine.provider_calls as c
    set
      state = 'UNKNOWN', verdict = 'UNKNOWN', error_code = 'order_known',
      lease_until = null, sent_at = v_now, finished_at = v_now
    where c.id = p_call_id;
    v_report.error_code := 'order_known';
    perform engine.advance_attempt(
      v_attempt, v_call.operation, 'UNKNOWN', null::engine.outcome_rules, v_report,
      null, 'Duffel has an order of it already.',
      coalesce(v_call.worker, session_user), 'call:' || p_call_id, v_now
    );
    perform engine.wake_sidecar();
    return 'an order of this attempt is known';
  end if;
  -- As the live read left it.
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = v_attempt.user_id
    and o.id = v_attempt.flight_offer_id
    and o.day = '9999-12-31';
  v_problem := engine.selected_offer_problem(v_trip, v_offer.id, v_now);
  v_reason := coalesce(
    'booking is off: ' || engine.flag_problem(v_trip.user_id, v_now),
    case
      when v_trip.auto_book_status <> 'BOOKING'
        then 'the trip is ' || v_trip.auto_book_status
      when engine.party_problem(v_trip.user_id, v_trip.id) is not null
        then 'a passenger is not complete'
      when v_trip.version <> v_attempt.trip_version then 'the trip was changed'
      when engine.party_change(v_attempt) then 'a passenger was changed'
      when engine.consent_problem(v_trip) is not null
        then 'the consent does not cover ' || engine.consent_problem(v_trip)
      when (v_offer.price_amount, v_offer.price_currency)
        is distinct from (v_attempt.agreed_amount, v_attempt.currency)
        then 'the price is not the one that was agreed'
      when v_problem in ('price_above_cap', 'no_exchange_rate', 'exchange_rate_too_old')
        then 'the price is over the limit'
      when v_problem is not null
        then 'the offer is ' || coalesce(
          (select r.what from engine.list_reasons() as r where r.reason = v_problem),
          v_problem
        )
      -- The fare may have risen, or the limit been lowered, since the booking began.
      when engine.spending_problem(
        v_attempt.user_id, v_attempt.currency, 0, v_now
      ) is not null then 'the spending limit was reached'
      -- An airline may have moved another flight of somebody since.
      when engine.overlap_problem(v_attempt.user_id, v_attempt.id) is not null
        then 'a passenger is on another flight at that time'
      when v_attempt.capture_before < v_now + interval '1 hour'
        then 'the card authorization is about to lapse'
      -- Last, for it lets one order at a time pass.
      when engine.ceiling_problem(
        v_attempt.user_id, v_attempt.currency, v_attempt.agreed_amount, v_attempt.id,
        v_now
      ) is not null then 'a spending ceiling was reached'
    end
  );
  v_wait := coalesce(
    engine.history_problem(),
    (
      select c.summary
      from engine.review_cases as c
      where c.user_id = v_attempt.user_id
        and c.trip_request_id = v_attempt.trip_request_id
        and c.resolved_at is null
        and c.kind = 'LOST_ATTEMPT'
      limit 1
    )
  );
  if v_wait is null and v_reason is null then
    update engine.provider_calls as c
    set
      state = 'SENT',
      sent_at = v_now,
      lease_until = v_now + (
        select o.lease from engine.operations as o where o.operation = v_call.operation
      )
    where c.id = p_call_id;
    return null;
  end if;
  if v_wait is not null then
    -- An order may exist that this history has lost, so nothing is let go of either:
    -- the call waits, its try given back, until both providers' lists were compared.
    update engine.provider_calls as c
    set
      state = 'READY',
      tries = greatest(c.tries - 1, 0),
      lease_until = null,
      run_at = v_now + interval '5 seconds'
    where c.id = p_call_id;
    return 'waiting: ' || v_wait;
  end if;
  update engine.provider_calls as c
  set
    state = 'DONE', verdict = 'STOP', error_code = 'stopped', lease_until = null,
    finished_at = v_now
  where c.id = p_call_id;
  v_report.error_code := 'stopped';
  perform engine.advance_attempt(
    v_attempt, v_call.operation, 'STOP', null::engine.outcome_rules, v_report, null,
    'Not ordered: ' || v_reason || '.', coalesce(v_call.worker, session_user),
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
  return v_reason;
end;
$$;
comment on function engine.mark_sent(bigint, integer) is
  'Commits that an order is about to leave; returns why not when it must not.';
grant execute on function engine.mark_sent(bigint, integer) to skylatch_sidecar;
