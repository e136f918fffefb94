-- Written by `make schema` with PostgreSQL 15.

--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: auth; Type: SCHEMA; Schema: -; Owner: skylatch_owner
--

CREATE SCHEMA auth;

ALTER SCHEMA auth OWNER TO skylatch_owner;

--
-- Name: engine; Type: SCHEMA; Schema: -; Owner: skylatch_owner
--

CREATE SCHEMA engine;

ALTER SCHEMA engine OWNER TO skylatch_owner;

--
-- Name: plpython3u; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS plpython3u WITH SCHEMA pg_catalog;

--
-- Name: money_amount; Type: DOMAIN; Schema: public; Owner: skylatch_owner
--

CREATE DOMAIN public.money_amount AS numeric
	CONSTRAINT money_amount_exact CHECK (((VALUE >= (0)::numeric) AND (VALUE < ('1000000000000'::bigint)::numeric) AND (scale(VALUE) <= 3)));

ALTER DOMAIN public.money_amount OWNER TO skylatch_owner;

--
-- Name: uid(); Type: FUNCTION; Schema: auth; Owner: skylatch_owner
--

CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN pg_has_role(SESSION_USER, 'authenticator'::name, 'member'::text) THEN (((NULLIF(current_setting('request.jwt.claims'::text, true), ''::text))::jsonb ->> 'sub'::text))::uuid ELSE NULL::uuid END;

ALTER FUNCTION auth.uid() OWNER TO skylatch_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: outcome_rules; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.outcome_rules (
    operation text NOT NULL,
    http_status text NOT NULL,
    error_code text NOT NULL,
    verdict text NOT NULL,
    trip_status text,
    search_again_after interval,
    halts boolean DEFAULT false NOT NULL,
    reason text,
    CONSTRAINT outcome_rules_end CHECK (((verdict = ANY (ARRAY['FAIL'::text, 'RESEARCH'::text])) = ((trip_status IS NOT NULL) AND (reason IS NOT NULL)))),
    CONSTRAINT outcome_rules_http_status CHECK ((http_status ~ '^([1-5][0-9][0-9]|[1-5]xx|none|\*)$'::text)),
    CONSTRAINT outcome_rules_trip_status CHECK ((trip_status = ANY (ARRAY['PENDING'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text, 'CANCELLED'::text]))),
    CONSTRAINT outcome_rules_verdict CHECK ((verdict = ANY (ARRAY['OK'::text, 'RETRY'::text, 'REDO'::text, 'FAIL'::text, 'RESEARCH'::text, 'UNKNOWN'::text, 'REVIEW'::text])))
);

ALTER TABLE ONLY engine.outcome_rules FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.outcome_rules OWNER TO skylatch_owner;

--
-- Name: booking_attempts; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.booking_attempts (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_request_id uuid NOT NULL,
    attempt_no integer NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    state text NOT NULL,
    epoch integer DEFAULT 1 NOT NULL,
    idempotency_key text NOT NULL,
    flight_offer_id uuid NOT NULL,
    offer_id text NOT NULL,
    agreed_amount public.money_amount NOT NULL,
    currency text NOT NULL,
    cap_amount public.money_amount NOT NULL,
    trip_version integer NOT NULL,
    flags jsonb NOT NULL,
    payment_method_id uuid NOT NULL,
    payment_intent_id text,
    capture_before timestamp with time zone,
    order_id text,
    booking_reference text,
    trip_status_after text,
    search_again_after interval,
    error_code text,
    error_message text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    state_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    deadline_at timestamp with time zone,
    review_from text,
    order_hint text,
    order_cancelled_at timestamp with time zone,
    cancellation_id text,
    min_refund public.money_amount,
    captured_amount public.money_amount,
    voided_at timestamp with time zone,
    refund_amount public.money_amount,
    refund_no smallint DEFAULT 1 NOT NULL,
    refund_id text,
    refunded_at timestamp with time zone,
    CONSTRAINT booking_attempts_cap CHECK (((agreed_amount)::numeric <= (cap_amount)::numeric)),
    CONSTRAINT booking_attempts_ended CHECK (((status = 'PENDING'::text) = (ended_at IS NULL))),
    CONSTRAINT booking_attempts_failed CHECK (((status <> 'FAILED'::text) OR (error_message IS NOT NULL))),
    CONSTRAINT booking_attempts_refund CHECK (((refund_amount IS NULL) OR ((refund_amount)::numeric <= (captured_amount)::numeric))),
    CONSTRAINT booking_attempts_status CHECK ((status = ANY (ARRAY['PENDING'::text, 'SUCCESS'::text, 'FAILED'::text]))),
    CONSTRAINT booking_attempts_success CHECK (((status <> 'SUCCESS'::text) OR ((order_id IS NOT NULL) AND (booking_reference IS NOT NULL) AND (payment_intent_id IS NOT NULL)))),
    CONSTRAINT booking_attempts_trip_status_after CHECK ((trip_status_after = ANY (ARRAY['PENDING'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);

ALTER TABLE ONLY public.booking_attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.booking_attempts OWNER TO skylatch_owner;

--
-- Name: advance_attempt(public.booking_attempts, text, text, engine.outcome_rules, jsonb, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_actor text, p_correlation_id text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_to engine.saga_transitions;
  v_state engine.saga_states;
begin
  select t.* into v_to
  from engine.saga_transitions as t
  where t.state = coalesce(p_report ->> 'as_state', p_attempt.state)
    and t.verdict = p_verdict;
  if not found then
    v_to.next_state := 'NEEDS_REVIEW';
  end if;
  v_attempt := engine.learn_from_answer(
    v_attempt, p_operation, p_verdict, p_rule, p_report, p_now
  );
  if v_to.next_state = 'VOIDING' and v_attempt.payment_intent_id is null then
    v_to.next_state := 'FAILED';  -- nothing was ever held
  elsif v_to.next_state = 'VOIDING' and v_attempt.captured_amount is not null then
    v_to.next_state := 'REFUNDING';  -- what was collected cannot be voided
    v_to.next_operation := 'find_refunds';
    v_attempt.refund_amount := v_attempt.captured_amount;
  end if;
  select s.* into v_state from engine.saga_states as s where s.state = v_to.next_state;

  update public.booking_attempts as a
  set
    state = v_to.next_state,
    epoch = a.epoch + 1,
    state_changed_at = p_now,
    -- A booking that was made stays made, whatever becomes of it.
    status = case
      when v_to.next_state = 'CONFIRMED' or a.status = 'SUCCESS' then 'SUCCESS'
      when v_state.is_final then 'FAILED'
      else 'PENDING'
    end,
    ended_at = case
      when a.status = 'SUCCESS' then a.ended_at when v_state.is_final then p_now
    end,
    deadline_at = case v_to.next_state
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
      lower(p_verdict)
      || coalesce(
        ' (' || coalesce(nullif(p_report ->> 'error_code', 'ok'), p_report ->> 'reason')
        || ')', ''
      )
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
  perform engine.end_state(p_attempt, v_attempt, p_operation, p_verdict, p_actor, p_now);

  if v_to.next_operation is not null and not v_state.is_final then
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

ALTER FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_actor text, p_correlation_id text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: provider_calls; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.provider_calls (
    id bigint NOT NULL,
    user_id uuid,
    trip_request_id uuid,
    booking_attempt_id uuid,
    attempt_epoch integer,
    operation text NOT NULL,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    idempotency_key text NOT NULL,
    state text DEFAULT 'READY'::text NOT NULL,
    run_at timestamp with time zone NOT NULL,
    worker text,
    lease_until timestamp with time zone,
    epoch integer DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    verdict text,
    http_status integer,
    error_code text,
    request_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone,
    sent_at timestamp with time zone,
    finished_at timestamp with time zone,
    object_id text,
    again boolean DEFAULT false NOT NULL,
    apply_failures smallint DEFAULT 0 NOT NULL,
    first_claimed_at timestamp with time zone,
    CONSTRAINT provider_calls_attempt CHECK (((booking_attempt_id IS NULL) = (attempt_epoch IS NULL))),
    CONSTRAINT provider_calls_finished CHECK (((state = ANY (ARRAY['DONE'::text, 'UNKNOWN'::text, 'DEAD'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT provider_calls_idempotency_key CHECK ((idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'::text)),
    CONSTRAINT provider_calls_lease CHECK (((state = ANY (ARRAY['CLAIMED'::text, 'SENT'::text])) = (lease_until IS NOT NULL))),
    CONSTRAINT provider_calls_owner CHECK ((((user_id IS NULL) = (trip_request_id IS NULL)) AND ((user_id IS NOT NULL) OR (booking_attempt_id IS NULL)))),
    CONSTRAINT provider_calls_sent CHECK (((state <> 'SENT'::text) OR (sent_at IS NOT NULL))),
    CONSTRAINT provider_calls_state CHECK ((state = ANY (ARRAY['READY'::text, 'CLAIMED'::text, 'SENT'::text, 'DONE'::text, 'UNKNOWN'::text, 'DEAD'::text])))
);

ALTER TABLE ONLY engine.provider_calls FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.provider_calls OWNER TO skylatch_owner;

--
-- Name: apply_look(engine.provider_calls, jsonb, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_look(p_call engine.provider_calls, p_report jsonb, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_body jsonb := p_report -> 'body';
  v_outcome text;
begin
  v_outcome := case p_call.operation
    when 'look_order' then engine.note_order(p_call, v_body, p_now)
    when 'look_payment' then engine.note_payment(p_call, v_body, p_now)
    when 'look_charge' then engine.note_payment(p_call, v_body, p_now)
    when 'look_refund' then engine.note_refund(p_call, v_body, p_now)
    when 'look_dispute' then engine.note_dispute(p_call, v_body, p_now)
    when 'look_setup' then engine.note_method(p_call, v_body, p_now)
    when 'look_method' then engine.note_method(p_call, v_body, p_now)
    when 'scan_orders' then engine.compare_orders(p_call, v_body, p_now)
    when 'scan_payments' then engine.compare_payments(p_call, v_body, p_now)
    when 'sweep_order_events' then engine.receive_sweep(p_call, v_body, p_now)
    when 'sweep_payment_events' then engine.receive_sweep(p_call, v_body, p_now)
  end;
  if p_call.user_id is not null then
    perform engine.log_event(
      p_call.user_id, p_call.trip_request_id, p_call.booking_attempt_id, p_actor,
      'call:' || p_call.id, null, null,
      format('%s: %s', p_call.operation, coalesce(v_outcome, 'nothing new')),
      jsonb_strip_nulls(jsonb_build_object('request_id', p_report -> 'request_id'))
    );
  end if;
end;
$$;

ALTER FUNCTION engine.apply_look(p_call engine.provider_calls, p_report jsonb, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: beat_flags(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.beat_flags(p_source text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_generation bigint;
begin
  update engine.flag_sync as s
  set heartbeat_at = clock_timestamp(), source = p_source
  where s.initialized
  returning s.generation into v_generation;
  return v_generation;
end;
$$;

ALTER FUNCTION engine.beat_flags(p_source text) OWNER TO skylatch_owner;

--
-- Name: trip_requests; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.trip_requests (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    origins text[] NOT NULL,
    destinations text[] NOT NULL,
    departure_from date NOT NULL,
    departure_to date NOT NULL,
    return_from date,
    return_to date,
    nights_min smallint,
    nights_max smallint,
    cabin_class text DEFAULT 'economy'::text NOT NULL,
    max_price numeric NOT NULL,
    currency text NOT NULL,
    max_connections smallint DEFAULT 1 NOT NULL,
    max_duration interval DEFAULT '24:00:00'::interval NOT NULL,
    carry_on_bags smallint DEFAULT 0 NOT NULL,
    checked_bags smallint DEFAULT 0 NOT NULL,
    preferred_airlines text[] DEFAULT '{}'::text[] NOT NULL,
    payment_method_id uuid,
    auto_book_enabled boolean DEFAULT false NOT NULL,
    consent_at timestamp with time zone,
    consent_text_version text,
    auto_book_status text DEFAULT 'PENDING'::text NOT NULL,
    status_reason text,
    status_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    selected_offer_id uuid,
    search_round integer DEFAULT 0 NOT NULL,
    next_search_at timestamp with time zone DEFAULT now() NOT NULL,
    last_searched_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    airlines_only text[] DEFAULT '{}'::text[] NOT NULL,
    airlines_never text[] DEFAULT '{}'::text[] NOT NULL,
    alliances text[] DEFAULT '{}'::text[] NOT NULL,
    layover_min interval,
    layover_max interval,
    depart_after time without time zone,
    depart_before time without time zone,
    arrive_after time without time zone,
    arrive_before time without time zone,
    return_depart_after time without time zone,
    return_depart_before time without time zone,
    return_arrive_after time without time zone,
    return_arrive_before time without time zone,
    no_red_eye boolean DEFAULT false NOT NULL,
    no_airport_change boolean DEFAULT false NOT NULL,
    refundable boolean DEFAULT false NOT NULL,
    changeable boolean DEFAULT false NOT NULL,
    max_emissions_kg numeric,
    accept_unknown boolean DEFAULT false NOT NULL,
    price_weight numeric DEFAULT 0.60 NOT NULL,
    duration_weight numeric DEFAULT 0.25 NOT NULL,
    connections_weight numeric DEFAULT 0.15 NOT NULL,
    airline_weight numeric DEFAULT 0.10 NOT NULL,
    decide_by date,
    max_searches integer DEFAULT 1500 NOT NULL,
    searches integer DEFAULT 0 NOT NULL,
    CONSTRAINT trip_requests_airlines CHECK (((cardinality(airlines_only) <= 20) AND (cardinality(airlines_never) <= 20) AND (NOT (airlines_only && airlines_never)) AND (NOT (preferred_airlines && airlines_never)))),
    CONSTRAINT trip_requests_alliances CHECK ((alliances <@ ARRAY['oneworld'::text, 'skyteam'::text, 'star_alliance'::text])),
    CONSTRAINT trip_requests_auto_book_status CHECK ((auto_book_status = ANY (ARRAY['PENDING'::text, 'BOOKING'::text, 'BOOKED'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'FAILED'::text]))),
    CONSTRAINT trip_requests_bags CHECK ((((carry_on_bags >= 0) AND (carry_on_bags <= 2)) AND ((checked_bags >= 0) AND (checked_bags <= 3)))),
    CONSTRAINT trip_requests_cabin_class CHECK ((cabin_class = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
    CONSTRAINT trip_requests_consent CHECK (((NOT auto_book_enabled) OR ((consent_at IS NOT NULL) AND (consent_text_version IS NOT NULL) AND (payment_method_id IS NOT NULL)))),
    CONSTRAINT trip_requests_decide_by CHECK ((decide_by <= departure_to)),
    CONSTRAINT trip_requests_departure CHECK ((departure_from <= departure_to)),
    CONSTRAINT trip_requests_layovers CHECK ((((layover_min >= '00:00:00'::interval) AND (layover_min <= '24:00:00'::interval)) AND ((layover_max >= '00:00:00'::interval) AND (layover_max <= '48:00:00'::interval)) AND (layover_min <= layover_max))),
    CONSTRAINT trip_requests_max_connections CHECK (((max_connections >= 0) AND (max_connections <= 2))),
    CONSTRAINT trip_requests_max_duration CHECK (((max_duration >= '00:30:00'::interval) AND (max_duration <= '72:00:00'::interval))),
    CONSTRAINT trip_requests_max_emissions_kg CHECK (((max_emissions_kg > (0)::numeric) AND (max_emissions_kg < (1000000)::numeric))),
    CONSTRAINT trip_requests_max_price CHECK (((max_price > (0)::numeric) AND (max_price < ('1000000000000'::bigint)::numeric) AND (scale(max_price) <= 3))),
    CONSTRAINT trip_requests_nights CHECK ((((nights_min IS NULL) = (nights_max IS NULL)) AND ((nights_min >= 0) AND (nights_min <= 365)) AND ((nights_max >= nights_min) AND (nights_max <= 365)))),
    CONSTRAINT trip_requests_places CHECK ((((cardinality(origins) >= 1) AND (cardinality(origins) <= 10)) AND ((cardinality(destinations) >= 1) AND (cardinality(destinations) <= 10)) AND (NOT (origins && destinations)))),
    CONSTRAINT trip_requests_preferred_airlines CHECK ((cardinality(preferred_airlines) <= 20)),
    CONSTRAINT trip_requests_return CHECK ((((return_from IS NULL) = (return_to IS NULL)) AND (return_from <= return_to) AND (return_to >= departure_from))),
    CONSTRAINT trip_requests_searches CHECK ((((max_searches >= 1) AND (max_searches <= 10000)) AND (searches >= 0))),
    CONSTRAINT trip_requests_selected CHECK (((auto_book_status <> ALL (ARRAY['BOOKING'::text, 'BOOKED'::text])) OR (selected_offer_id IS NOT NULL))),
    CONSTRAINT trip_requests_weights CHECK ((((price_weight >= (0)::numeric) AND (price_weight <= (1)::numeric)) AND ((duration_weight >= (0)::numeric) AND (duration_weight <= (1)::numeric)) AND ((connections_weight >= (0)::numeric) AND (connections_weight <= (1)::numeric)) AND ((airline_weight >= (0)::numeric) AND (airline_weight <= (1)::numeric)) AND (((price_weight + duration_weight) + connections_weight) = (1)::numeric))),
    CONSTRAINT trip_requests_windows CHECK ((((depart_after IS NULL) = (depart_before IS NULL)) AND ((arrive_after IS NULL) = (arrive_before IS NULL)) AND ((return_depart_after IS NULL) = (return_depart_before IS NULL)) AND ((return_arrive_after IS NULL) = (return_arrive_before IS NULL))))
);

ALTER TABLE ONLY public.trip_requests FORCE ROW LEVEL SECURITY;

ALTER TABLE public.trip_requests OWNER TO skylatch_owner;

--
-- Name: begin_attempt(public.trip_requests, uuid, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_offer public.flight_offers;
  v_attempt public.booking_attempts;
  v_problem text;
  v_flags jsonb;
begin
  -- In one statement, so that what is kept is what was decided on.
  select engine.pin_flags(p_trip.user_id) into v_flags
  from engine.require_pipeline(p_trip.user_id, p_now);
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.trip_request_id = p_trip.id
  for no key update;
  v_problem := case
    when engine.has_live_attempt(p_trip.user_id, p_trip.id) then 'attempt'
    when p_trip.auto_book_status <> 'PENDING' then 'status'
    when not p_trip.auto_book_enabled or p_trip.consent_at is null then 'consent'
    when v_offer.id is null
      or v_offer.status <> 'ACTIVE'
      or v_offer.rank is null
      or v_offer.search_round <> p_trip.search_round
      or v_offer.expires_at < p_now + interval '2 minutes' then 'offer'
    when v_offer.price_currency <> p_trip.currency
      or v_offer.price_amount > p_trip.max_price then 'price'
  end;
  if v_problem = 'attempt' then
    raise exception using
      errcode = 'SK101',
      message = 'a booking of this trip is already in flight',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = 'Wait for it to end; its state is in booking_attempts.';
  elsif v_problem in ('offer', 'price') then
    raise exception using
      errcode = 'SK102',
      message = 'no offer of this trip can be booked now',
      detail = jsonb_build_object('trip', p_trip.id, 'problem', v_problem),
      hint = 'Search again with duffel_search; rank_offers shows what fits and why not.';
  elsif v_problem is not null then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object(
        'trip', p_trip.id, 'status', p_trip.auto_book_status, 'problem', v_problem
      ),
      hint = 'A trip is booked when it is pending and agreed to.';
  end if;
  perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
  perform engine.check_party(p_trip.user_id, p_trip.id);

  insert into public.booking_attempts as a (
    user_id, trip_request_id, attempt_no, state, idempotency_key, flight_offer_id,
    offer_id, agreed_amount, currency, cap_amount, trip_version, flags,
    payment_method_id, started_at, state_changed_at
  )
  select
    p_trip.user_id,
    p_trip.id,
    coalesce(max(b.attempt_no), 0) + 1,
    'REPRICING',
    format('%s:%s', p_trip.id, coalesce(max(b.attempt_no), 0) + 1),
    v_offer.id,
    v_offer.offer_id,
    v_offer.price_amount,
    v_offer.price_currency,
    p_trip.max_price,
    p_trip.version,
    v_flags,
    p_trip.payment_method_id,
    p_now,
    p_now
  from public.booking_attempts as b
  where b.user_id = p_trip.user_id and b.trip_request_id = p_trip.id
  returning a.* into v_attempt;

  update public.flight_offers as o
  set status = 'SELECTED', updated_at = p_now
  where o.user_id = v_offer.user_id and o.id = v_offer.id;
  update public.trip_requests as t
  set
    auto_book_status = 'BOOKING',
    selected_offer_id = v_offer.id,
    status_reason = format(
      'Booking %s for %s %s.', v_offer.airline, v_offer.price_amount,
      v_offer.price_currency
    ),
    status_changed_at = p_now
  where t.user_id = p_trip.user_id and t.id = p_trip.id;
  perform engine.log_event(
    v_attempt.user_id, v_attempt.trip_request_id, v_attempt.id, p_actor,
    'offer:' || v_offer.offer_id, null, 'REPRICING',
    'the best offer fits: booking it',
    jsonb_build_object(
      'offer', v_offer.offer_id, 'amount', v_offer.price_amount::text,
      'currency', v_offer.price_currency, 'cap', p_trip.max_price::text,
      'score', v_offer.score
    )
  );
  return engine.enqueue_call(v_attempt, 'get_offer', p_now);
end;
$$;

ALTER FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: flight_offers; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.flight_offers (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_request_id uuid NOT NULL,
    search_round integer NOT NULL,
    offer_id text NOT NULL,
    offer_request_id text NOT NULL,
    passengers jsonb NOT NULL,
    price_amount public.money_amount NOT NULL,
    price_currency text DEFAULT 'USD'::text NOT NULL,
    base_amount public.money_amount,
    tax_amount public.money_amount,
    expires_at timestamp with time zone NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    airline text NOT NULL,
    duration interval NOT NULL,
    longest_slice interval NOT NULL,
    connections smallint NOT NULL,
    most_connections smallint NOT NULL,
    technical_stops smallint NOT NULL,
    departs_at timestamp with time zone NOT NULL,
    arrives_at timestamp with time zone NOT NULL,
    carry_on_bags smallint NOT NULL,
    checked_bags smallint NOT NULL,
    refundable boolean,
    refund_penalty public.money_amount,
    refund_penalty_currency text,
    changeable boolean,
    change_penalty public.money_amount,
    change_penalty_currency text,
    emissions_kg numeric,
    documents_required boolean NOT NULL,
    itinerary jsonb NOT NULL,
    rank integer,
    score numeric,
    score_parts jsonb,
    ineligible text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    base_currency text,
    tax_currency text,
    carriers text[] DEFAULT '{}'::text[] NOT NULL,
    lowest_cabin text,
    shortest_layover interval,
    longest_layover interval,
    airport_changes smallint DEFAULT 0 NOT NULL,
    overnight_layovers smallint DEFAULT 0 NOT NULL,
    red_eyes smallint DEFAULT 0 NOT NULL,
    departs_local timestamp without time zone[] DEFAULT '{}'::timestamp without time zone[] NOT NULL,
    arrives_local timestamp without time zone[] DEFAULT '{}'::timestamp without time zone[] NOT NULL,
    requires_instant_payment boolean,
    price_guaranteed_until timestamp with time zone,
    payment_required_by timestamp with time zone,
    document_types text[] DEFAULT '{}'::text[] NOT NULL,
    itinerary_key text,
    CONSTRAINT flight_offers_offer_id CHECK ((offer_id ~ '^off_\w+$'::text)),
    CONSTRAINT flight_offers_rank CHECK (((rank IS NULL) OR ((score IS NOT NULL) AND (ineligible = '{}'::text[])))),
    CONSTRAINT flight_offers_status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'EXPIRED'::text, 'SELECTED'::text, 'BOOKED'::text]))),
    CONSTRAINT flight_offers_times CHECK ((arrives_at > departs_at))
);

ALTER TABLE ONLY public.flight_offers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.flight_offers OWNER TO skylatch_owner;

--
-- Name: best_offer(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.best_offer(p_trip public.trip_requests) RETURNS uuid
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT o.id
    FROM public.flight_offers o
   WHERE ((o.user_id = (best_offer.p_trip).user_id) AND (o.trip_request_id = (best_offer.p_trip).id) AND (o.search_round = (best_offer.p_trip).search_round) AND (o.status = 'ACTIVE'::text) AND (o.rank = 1));
END;

ALTER FUNCTION engine.best_offer(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: book_trip(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.book_trip(p_trip_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_trip public.trip_requests;
  v_best uuid;
  v_attempt_id uuid;
begin
  v_trip := engine.lock_trip(p_trip_id);
  perform engine.require_pipeline(v_trip.user_id, v_now);
  perform engine.rank_trip(v_trip.user_id, p_trip_id, v_now);
  v_best := engine.best_offer(v_trip);
  perform engine.begin_attempt(v_trip, v_best, session_user, v_now);
  perform engine.record_flag_usage();
  perform engine.wake_sidecar();
  select a.id into v_attempt_id
  from public.booking_attempts as a
  where a.user_id = v_trip.user_id
    and a.trip_request_id = p_trip_id
    and a.status = 'PENDING';
  return v_attempt_id;
end;
$$;

ALTER FUNCTION engine.book_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: build_request(engine.provider_calls); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.build_request(p_call engine.provider_calls) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_attempt public.booking_attempts;
  v_card public.payment_methods;
begin
  if p_call.operation = 'search' then
    return p_call.payload -> 'request';
  elsif p_call.object_id is not null then
    return p_call.payload;
  end if;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
  case p_call.operation
    when 'get_offer' then
      return jsonb_build_object('offer_id', v_attempt.offer_id);
    when 'create_order' then
      return jsonb_build_object(
        'type', 'instant',
        'selected_offers', jsonb_build_array(v_attempt.offer_id),
        'passengers', (
          select jsonb_agg(
            jsonb_strip_nulls(
              jsonb_build_object(
                'id', p.passenger_id,
                'infant_passenger_id', p.infant_passenger_id,
                'title', f.title,
                'gender', f.gender,
                'given_name', f.given_name,
                'family_name', f.family_name,
                'born_on', f.born_on,
                'email', f.email,
                'phone_number', f.phone_number
              )
            )
            order by p.passenger_id
          )
          from engine.order_party(v_attempt.user_id, v_attempt.flight_offer_id) as p
          inner join public.traveler_profiles as f
            on f.user_id = v_attempt.user_id and p.traveler_profile_id = f.id
        ),
        'payments', jsonb_build_array(
          jsonb_build_object(
            'type', 'balance',
            'amount', v_attempt.agreed_amount::text,
            'currency', v_attempt.currency
          )
        ),
        'metadata', jsonb_build_object(
          'attempt_id', v_attempt.id, 'trip_request_id', v_attempt.trip_request_id
        )
      );
    when 'create_payment' then
      select m.* into v_card
      from public.payment_methods as m
      where m.user_id = v_attempt.user_id and m.id = v_attempt.payment_method_id;
      return jsonb_build_object(
        'amount', engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency),
        'currency', lower(v_attempt.currency),
        'customer', v_card.stripe_customer_id,
        'payment_method', v_card.stripe_payment_method_id,
        'metadata', jsonb_build_object(
          'attempt_id', v_attempt.id, 'trip_request_id', v_attempt.trip_request_id
        )
      );
    when 'capture_payment' then
      return jsonb_build_object(
        'payment_intent', v_attempt.payment_intent_id,
        'amount_to_capture',
        engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency)
      );
    when 'create_refund' then
      return jsonb_build_object(
        'payment_intent', v_attempt.payment_intent_id,
        'amount', engine.stripe_amount(v_attempt.refund_amount, v_attempt.currency),
        'metadata', jsonb_build_object(
          'attempt_id', v_attempt.id, 'refund_id',
          format('%s:%s', v_attempt.id, v_attempt.refund_no)
        )
      );
    when 'find_order' then
      return jsonb_build_object(
        'offer_id', v_attempt.offer_id, 'order_id', v_attempt.order_hint
      );
    when 'quote_cancellation', 'read_cancellation' then
      return jsonb_build_object('order_id', v_attempt.order_id);
    when 'confirm_cancellation' then
      return jsonb_build_object('cancellation_id', v_attempt.cancellation_id);
    else
      return jsonb_build_object('payment_intent', v_attempt.payment_intent_id);
  end case;
exception when others then
  raise warning 'request of call % not built: % %', p_call.id, sqlstate, sqlerrm;
  return null;
end;
$$;

ALTER FUNCTION engine.build_request(p_call engine.provider_calls) OWNER TO skylatch_owner;

--
-- Name: cancel_booked_trip(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update public.flight_bookings as b
  set
    status = case when p_attempt.refunded_at is null then 'CANCELLED' else 'REFUNDED' end,
    cancelled_at = coalesce(b.cancelled_at, p_attempt.order_cancelled_at),
    refund_amount = p_attempt.refund_amount,
    attention = format(
      case
        when p_attempt.refund_amount = 0 then 'Cancelled; nothing is returned.'
        when p_attempt.refunded_at is null then 'Cancelled; %s %s is being returned.'
        else 'Cancelled; %s %s was returned.'
      end,
      p_attempt.refund_amount, p_attempt.currency
    )
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'CANCELLED',
    status_reason = 'The booking was cancelled.',
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKED';
end;
$$;

ALTER FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: change_trip_status(uuid, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
  v_status text;
begin
  v_trip := engine.lock_trip(p_trip_id);
  v_status := case
    when p_action = 'pause'
      and v_trip.auto_book_status in ('PENDING', 'BOOKING') then 'PAUSED'
    when p_action = 'resume'
      and v_trip.auto_book_status in ('PAUSED', 'ACTION_REQUIRED', 'FAILED')
      and not engine.has_live_attempt(v_trip.user_id, v_trip.id) then 'PENDING'
    when p_action = 'cancel'
      and v_trip.auto_book_status not in ('BOOKED', 'EXPIRED') then 'CANCELLED'
  end;
  if v_status is null then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object(
        'trip', p_trip_id, 'status', v_trip.auto_book_status, 'action', p_action
      ),
      hint = 'A booking in flight has to end first; a booked trip is cancelled as a '
        'booking.';
  end if;
  update public.trip_requests as t
  set
    auto_book_status = v_status,
    status_reason = null,
    status_changed_at = clock_timestamp(),
    next_search_at = clock_timestamp(),
    version = t.version + 1
  where t.user_id = v_trip.user_id and t.id = v_trip.id;
  perform engine.log_event(
    v_trip.user_id, v_trip.id, null, session_user, 'trip:' || p_action,
    v_trip.auto_book_status, v_status, 'the traveller asked to ' || p_action
  );
  return v_status;
end;
$$;

ALTER FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) OWNER TO skylatch_owner;

--
-- Name: check_card(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (
    select from public.payment_methods as m
    where m.user_id = p_user_id
      and m.id = p_card_id
      and m.detached_at is null
      and make_date(m.exp_year, m.exp_month, 1) + interval '1 month' > p_now
  ) then
    raise exception using
      errcode = 'SK007',
      message = 'automatic booking needs a valid card of this traveller',
      detail = jsonb_build_object('field', 'payment_method_id', 'value', p_card_id),
      column = 'payment_method_id',
      hint = 'Add a card that has not expired and pass its id.';
  end if;
end;
$$;

ALTER FUNCTION engine.check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_flag(text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_flag(p_kind text, p_key text, p_item text) RETURNS text
    LANGUAGE plpython3u STABLE PARALLEL RESTRICTED
    AS $$
  import sys
  if "/usr/lib/skylatch/py/2" not in sys.path:
      sys.path.insert(0, "/usr/lib/skylatch/py/2")
  from skylatch_plpython.flags import find_problem
  return find_problem(p_kind, p_key, p_item)
$$;

ALTER FUNCTION engine.check_flag(p_kind text, p_key text, p_item text) OWNER TO skylatch_owner;

--
-- Name: check_invariants(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_invariants(p_since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone) RETURNS TABLE(invariant text, subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  -- I1
  return query
  select
    'one live attempt or booking per trip', t.trip_request_id::text,
    format('%s attempts in flight, %s confirmed bookings', l.live, l.booked), t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select
      (
        select count(*) from public.booking_attempts as a
        where a.user_id = t.user_id
          and a.trip_request_id = t.trip_request_id
          and a.status = 'PENDING'
      ) as live,
      (
        select count(*) from public.flight_bookings as b
        where b.user_id = t.user_id
          and b.trip_request_id = t.trip_request_id
          and b.status = 'CONFIRMED'
      ) as booked
  ) as l
  where l.live + l.booked > 1;

  -- I1
  return query
  select 'a success has its booking', a.id::text, a.state, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'SUCCESS'
    and (
      select count(*) from public.flight_bookings as b
      where b.user_id = a.user_id and b.booking_attempt_id = a.id
    ) <> 1;

  -- I2
  return query
  select
    'a booking is what was agreed', b.id::text,
    format(
      '%s %s, agreed %s %s, collected %s', b.price, b.currency, a.agreed_amount,
      a.currency, coalesce(a.captured_amount::text, 'nothing')
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      b.price, b.currency, b.offer_id, b.order_id, b.payment_intent_id,
      a.captured_amount, a.status
    ) is distinct from (
      a.agreed_amount, a.currency, a.offer_id, a.order_id, a.payment_intent_id,
      b.price, 'SUCCESS'
    );

  -- I3
  return query
  select
    'no hold is left when an attempt fails', a.id::text,
    'payment ' || a.payment_intent_id || ' was neither voided nor returned',
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.payment_intent_id is not null
    and a.voided_at is null
    and a.refunded_at is null;

  -- I3
  return query
  select
    'nothing is kept of an attempt that failed', a.id::text,
    format(
      'collected %s, returned %s', a.captured_amount,
      case when a.refunded_at is null then 0 else a.refund_amount end
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.captured_amount > case
      when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
    end;

  -- I3: a person is asked half a day ahead; whatever else runs is over by now.
  return query
  select
    'a hold is decided before it lapses', a.id::text,
    format('%s; it lapses at %s', a.state, a.capture_before), null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.capture_before < v_now + interval '6 hours'
    and a.captured_amount is null
    and a.voided_at is null;

  -- I3
  return query
  select
    'a cancelled booking says so', b.id::text,
    format('%s, its attempt is %s', b.status, a.state), a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      a.state = 'CONFIRMED' and b.status <> 'CONFIRMED'
      or a.state in ('REFUNDING', 'CANCELLED')
      and a.order_cancelled_at is not null
      and b.status = 'CONFIRMED'
      or a.state = 'CANCELLED' and a.refunded_at is null
    );

  -- I3
  return query
  select
    'no failure hides an order', a.id::text, 'order ' || a.order_id, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.order_id is not null
    and a.order_cancelled_at is null;

  -- I4: out of "an order may exist" lead only the provider's word and a person's.
  return query
  select
    'an unknown order is not let go', a.id::text,
    format('call %s, sent at %s', c.id, c.sent_at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and c.operation = 'create_order'
    and c.state = 'UNKNOWN'
    and a.order_cancelled_at is null
    and coalesce(a.error_code, '') not in ('creation_failed', 'void', 'release');

  -- I4: one call, under its derived key, sent after the intent was committed.
  return query
  select
    'an order is sent once, after its intent', a.id::text,
    format(
      '%s calls; intent at %s, sent at %s', count(*), a.started_at, min(c.sent_at)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.operation = 'create_order'
  group by a.user_id, a.id
  having count(*) > 1
    or min(c.sent_at) < a.started_at
    or bool_or(c.idempotency_key <> a.id || ':create_order')
    or bool_or(a.order_id is not null and c.sent_at is null);

  -- I4: only what reads for the record, and searches, may go without an attempt.
  return query
  select
    'nothing is ordered or charged without an attempt', c.id::text,
    c.operation || ' ' || c.state, null::timestamptz
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.booking_attempt_id is null
    and (c.state = 'READY' or c.state in ('CLAIMED', 'SENT'))
    and c.operation <> 'search'
    and not o.observes;

  -- I5: each move raises the epoch by one and is on record. One that fell, or a move
  -- made under an old one, leaves fewer epochs than moves; one made past the record
  -- leaves more.
  return query
  select
    'epochs never fall', a.id::text,
    format('epoch %s after %s moves', a.epoch, m.moves), a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) filter (where e.from_state is distinct from e.to_state) as moves,
      count(*) as steps
    from engine.booking_events as e
    where e.user_id = a.user_id
      and e.trip_request_id = a.trip_request_id
      and e.booking_attempt_id = a.id
      and e.to_state is not null
  ) as m
  where a.state_changed_at >= p_since and a.epoch not between m.moves and m.steps;

  -- I5
  return query
  select
    'no call is ahead of its attempt', c.id::text,
    format('%s made for epoch %s of %s', c.operation, c.attempt_epoch, a.epoch),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.attempt_epoch > a.epoch;

  -- I6
  return query
  select
    'never above the limit', a.id::text,
    format('%s over a limit of %s %s', a.agreed_amount, a.cap_amount, a.currency),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since and a.agreed_amount > a.cap_amount;

  -- I6
  return query
  select
    'nothing begins that the flags do not allow', a.id::text, a.flags::text,
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and (
      a.flags #> '{auto_booking_pipeline_enabled,value}' is distinct from 'true'
      or a.flags #> '{auto_booking_emergency_disable,value}' is distinct from 'false'
    );

  -- I6
  return query
  select
    'nothing begins with an expired offer', a.id::text,
    format('begun at %s, expired at %s', a.started_at, o.expires_at),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_offers as o
    on a.user_id = o.user_id and a.flight_offer_id = o.id
  where a.state_changed_at >= p_since and o.expires_at <= a.started_at;

  -- I7: the inbox's key; here as a row could tell it.
  return query
  select
    'an event is kept once', e.provider || ' ' || e.event_id,
    format('%s times', count(*)), min(e.received_at)
  from engine.provider_events as e
  where e.received_at >= p_since
  group by e.provider, e.event_id
  having count(*) > 1;

  -- I7: what is final stays so unless a person orders otherwise. NEEDS_REVIEW goes on
  -- where the review began, and a way back without a hold is the end of it.
  return query
  select
    'every step is one that the saga has', a.id::text,
    format('%s to %s at %s', e.from_state, e.to_state, e.at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.booking_events as e
    on a.user_id = e.user_id
      and a.trip_request_id = e.trip_request_id
      and a.id = e.booking_attempt_id
  inner join engine.saga_states as s on e.from_state = s.state
  where a.state_changed_at >= p_since
    and e.from_state <> e.to_state
    and (s.is_final or e.to_state <> 'NEEDS_REVIEW')
    and not exists (
      select from engine.saga_transitions as t
      where (
        t.state = e.from_state
        or e.from_state = 'NEEDS_REVIEW'
        and (t.verdict = 'RESUME' or t.state = 'CONFIRMED' and t.verdict = 'CANCEL')
      )
      and (
        t.next_state = e.to_state
        or t.next_state = 'VOIDING' and e.to_state in ('FAILED', 'REFUNDING')
      )
    );

  -- I8: what was being decided when the switch was pulled may have begun; it stops at
  -- the last look before an order. That takes no longer than a statement may.
  return query
  with stops as materialized (
    select c.at, c.engaged, lead(c.at, 1, 'infinity') over (order by c.id) as until
    from engine.kill_switch_changes as c
  )
  select
    'nothing begins while booking is stopped', a.id::text,
    format('begun at %s, stopped at %s', a.started_at, s.at), a.state_changed_at
  from stops as s
  inner join public.booking_attempts as a
    on a.started_at > s.at + interval '30 seconds' and a.started_at < s.until
  where s.engaged and a.state_changed_at >= p_since and s.until >= p_since;

  -- I9
  return query
  select
    'every step is on record', a.id::text,
    format(
      '%s steps, %s out of place, %s unsigned, the last to %s; it is %s', r.steps,
      r.breaks, r.unsigned, coalesce(r.last, 'nowhere'), a.state
    ),
    a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) as steps,
      count(*) filter (where s.from_state is distinct from s.came_from) as breaks,
      count(*) filter (where '' in (s.actor, s.correlation_id, s.reason)) as unsigned,
      (array_agg(s.to_state order by s.id desc))[1] as last
    from (
      select e.*, lag(e.to_state) over (order by e.id) as came_from
      from engine.booking_events as e
      where e.user_id = a.user_id
        and e.trip_request_id = a.trip_request_id
        and e.booking_attempt_id = a.id
        and e.to_state is not null
    ) as s
  ) as r
  where a.state_changed_at >= p_since
    and (r.breaks > 0 or r.unsigned > 0 or r.last is distinct from a.state);

  -- I11: what is found is not repeated here.
  return query
  select 'no card number or secret in a text', t.place, 'take it out at once', t.at
  from (
    select
      'booking_attempts ' || a.id as place, a.state_changed_at as at,
      concat_ws(' ', a.error_code, a.error_message, a.order_hint) as body
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    union all
    select 'booking_events ' || e.id, e.at, concat_ws(' ', e.reason, e.detail)
    from engine.booking_events as e
    where e.at >= p_since
    union all
    select
      'provider_calls ' || c.id, a.state_changed_at,
      concat_ws(' ', c.payload, c.error_code)
    from public.booking_attempts as a
    inner join engine.provider_calls as c
      on a.user_id = c.user_id and a.id = c.booking_attempt_id
    where a.state_changed_at >= p_since
    union all
    select
      format('provider_events %s %s', e.provider, e.event_id), e.received_at,
      concat_ws(' ', e.hints, e.outcome)
    from engine.provider_events as e
    where e.received_at >= p_since
    union all
    select
      'review_cases ' || r.id, greatest(r.opened_at, r.evidence_at, r.resolved_at),
      concat_ws(' ', r.summary, r.evidence, r.resolution)
    from engine.review_cases as r
    where greatest(r.opened_at, r.evidence_at, r.resolved_at) >= p_since
  ) as t
  -- Most texts hold nothing that could be one, which is quickly seen.
  where t.body ~* '_(live|test)_|whsec_|-----BEGIN|[3-6]( ?[0-9]){12}'
    and engine.holds_secret(t.body);

  -- I13
  return query
  with ours as materialized (
    select
      c.oid, c.relkind, c.reloptions,
      c.relrowsecurity and c.relforcerowsecurity as rls
    from pg_class as c
    where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
      and c.relowner = 'skylatch_owner'::regrole
  )
  select f.invariant, f.subject, f.detail, null::timestamptz
  from (
    select
      'a traveller''s rows are behind row level security' as invariant,
      c.oid::regclass::text as subject, 'not forced' as detail
    from ours as c
    inner join pg_attribute as u
      on c.oid = u.attrelid and u.attname = 'user_id' and not u.attisdropped
    where c.relkind in ('r', 'p') and not c.rls
    union all
    select
      'a view shows what its reader may see', c.oid::regclass::text,
      'not security_invoker'
    from ours as c
    where c.relkind = 'm'
      or c.relkind = 'v'
      and not coalesce(
        c.reloptions && '{security_invoker=true,security_invoker=on}'::text[], false
      )
    union all
    select
      'a definer function is pinned and granted by name', p.oid::regprocedure::text,
      coalesce(array_to_string(p.proconfig, ', '), 'not pinned')
    from pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
      and p.proowner in ('skylatch_owner'::regrole, 'skylatch_cron'::regrole)
      and p.prosecdef
      and (
        exists (
          select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
          where g.grantee = 0
        )
        or p.prosqlbody is null
        and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)
      )
    union all
    select
      'a policy trusts no setting that a caller may set', c.oid::regclass::text,
      l.polname
    from pg_policy as l
    inner join ours as c on l.polrelid = c.oid
    where strpos(
      concat(
        pg_get_expr(l.polqual, l.polrelid), pg_get_expr(l.polwithcheck, l.polrelid)
      ),
      'current_setting('
    ) > 0
  ) as f;

  -- I14
  return query
  select
    'an attempt goes on or waits for a person', a.id::text,
    format('%s since %s, and nothing is on its way', a.state, a.state_changed_at),
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.state_changed_at < v_now - interval '15 minutes'
    and coalesce(a.deadline_at, '-infinity') < v_now
    and not exists (
      select from engine.provider_calls as c
      where c.user_id = a.user_id
        and c.booking_attempt_id = a.id
        and c.attempt_epoch = a.epoch
        and c.object_id is null
        and (
          c.state = 'READY' and c.run_at > v_now - interval '15 minutes'
          or c.state in ('CLAIMED', 'SENT')
          and c.lease_until > v_now - interval '15 minutes'
        )
    );

  -- I14
  return query
  select
    'who waits for a person is in the queue', a.id::text, a.review_from,
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.state = 'NEEDS_REVIEW'
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'ATTEMPT' and r.object_id = a.id::text and r.resolved_at is null
    );

  -- I14
  return query
  select
    'an event is acted on', e.provider || ' ' || e.event_id,
    format('%s since %s', e.type, e.received_at), null::timestamptz
  from engine.provider_events as e
  where e.state = 'RECEIVED' and e.received_at < v_now - interval '15 minutes';

  -- What the traveller reads. Of trips whose attempts changed; all of them, in full.
  return query
  select
    'a trip says what its attempt says', t.id::text, t.auto_book_status, d.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
    union all
    select o.user_id, o.id, timestamptz 'epoch'
    from public.trip_requests as o
    where p_since <= 'epoch'
      and o.auto_book_status in ('BOOKING', 'BOOKED')
      and not exists (
        select from public.booking_attempts as a
        where a.user_id = o.user_id and a.trip_request_id = o.id
      )
  ) as d
  inner join public.trip_requests as t
    on d.user_id = t.user_id and d.trip_request_id = t.id
  where (t.auto_book_status = 'BOOKED') is distinct from exists (
    select from public.flight_bookings as b
    where b.user_id = t.user_id and b.trip_request_id = t.id and b.status = 'CONFIRMED'
  )
  or t.auto_book_status = 'BOOKING' and not engine.has_live_attempt(t.user_id, t.id);
end;
$$;

ALTER FUNCTION engine.check_invariants(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_party(p_user_id uuid, p_trip_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_field text := engine.party_problem(p_user_id, p_trip_id);
begin
  if v_field = 'passengers' then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object(
        'field', v_field,
        'people', (
          select count(*) from public.trip_passengers as p
          where p.user_id = p_user_id and p.trip_request_id = p_trip_id
        )
      ),
      column = v_field,
      hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
  elsif v_field is not null then
    raise exception using
      errcode = 'SK008',
      message = 'a passenger is not complete',
      detail = jsonb_build_object('field', v_field, 'trip', p_trip_id),
      column = v_field,
      hint = 'Complete the travellers'' profiles: airlines need birth date, title, gender, '
        'e-mail and phone number of everybody who flies.';
  end if;
end;
$$;

ALTER FUNCTION engine.check_party(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: check_trip_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_trip_party(p_user_id uuid, p_trip_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if engine.may_act_for(p_user_id) then
    perform engine.check_party(p_user_id, p_trip_id);
  end if;
end;
$$;

ALTER FUNCTION engine.check_trip_party(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: check_trip_passenger(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_trip_passenger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_profile public.traveler_profiles;
  v_missing text;
  v_row public.trip_passengers;
begin
  v_row := case tg_op when 'DELETE' then old else new end;
  if not engine.may_act_for(v_row.user_id) then
    return v_row;  -- row level security refuses it, and nothing is told
  end if;
  if tg_op = 'INSERT' then
    select f.* into v_profile
    from public.traveler_profiles as f
    where f.user_id = new.user_id and f.id = new.traveler_profile_id;
    v_missing := case
      when not found then 'traveler_profile_id'
      when v_profile.born_on is null then 'born_on'
      when v_profile.title is null then 'title'
      when v_profile.gender is null then 'gender'
      when v_profile.email is null then 'email'
      when v_profile.phone_number is null then 'phone_number'
    end;
    if v_missing is not null then
      raise exception using
        errcode = 'SK008',
        message = 'a passenger is not complete',
        detail = jsonb_build_object(
          'field', v_missing, 'traveler_profile_id', new.traveler_profile_id
        ),
        column = v_missing,
        hint = 'Complete the traveller''s profile: airlines need birth date, title, '
          'gender, e-mail and phone number of everybody who flies.';
    end if;
  end if;
  update public.trip_requests as t
  set version = t.version + 1, updated_at = clock_timestamp()
  where t.user_id = v_row.user_id
    and t.id = v_row.trip_request_id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED');
  if not found then
    raise exception using
      errcode = 'SK103',
      message = 'the trip can no longer be changed',
      detail = jsonb_build_object('trip', v_row.trip_request_id),
      hint = 'State a new trip.';
  end if;
  return v_row;
end;
$$;

ALTER FUNCTION engine.check_trip_passenger() OWNER TO skylatch_owner;

--
-- Name: check_trip_request(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_trip_request() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_field text;
  v_codes text[];
  v_unknown text;
  v_today date;
  v_digits smallint;
  v_searches integer;
begin
  if tg_op = 'UPDATE' then
    if old.auto_book_status in ('BOOKED', 'CANCELLED') then
      raise exception using
        errcode = 'SK103',
        message = 'the trip can no longer be changed',
        detail = jsonb_build_object('trip', old.id, 'status', old.auto_book_status),
        hint = 'State a new trip.';
    end if;
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    if new.auto_book_status = 'PENDING' then
      new.next_search_at := clock_timestamp();
    end if;
  end if;

  if new.user_id is null then
    raise exception using
      errcode = 'SK011',
      message = 'the trip has no owner',
      column = 'user_id',
      hint = 'Sign in, or pass p_user_id as service_role.';
  end if;

  if not engine.may_act_for(new.user_id) then
    return new;  -- row level security refuses it, and nothing is told
  end if;

  foreach v_field in array array['origins', 'destinations'] loop
    v_codes := case v_field when 'origins' then new.origins else new.destinations end;
    select c.code into v_unknown
    from unnest(v_codes) as c (code)
    where not exists (select from engine.airports as a where a.iata = c.code)
      and not exists (select from engine.metropolitan_areas as m where m.iata = c.code)
    limit 1;
    if found or coalesce(cardinality(v_codes), 0) = 0 then
      raise exception using
        errcode = 'SK001',
        message = 'unknown airport or city',
        detail = jsonb_build_object('field', v_field, 'value', v_unknown),
        column = v_field,
        hint = 'Use three-letter IATA codes in capitals, such as ATL or LON.';
    end if;
  end loop;

  -- Today as the earliest of the origins sees it.
  select min((clock_timestamp() at time zone z.time_zone)::date) into v_today
  from (
    select a.time_zone from engine.airports as a where a.iata = any (new.origins)
    union all
    select m.time_zone
    from engine.metropolitan_areas as m where m.iata = any (new.origins)
  ) as z;
  if new.departure_from < v_today
    and (
      tg_op = 'INSERT'
      or (new.departure_from, new.departure_to)
      is distinct from (old.departure_from, old.departure_to)
    )
  then
    raise exception using
      errcode = 'SK002',
      message = 'the departure date is in the past',
      detail = jsonb_build_object(
        'field', 'departure_from', 'value', new.departure_from, 'today', v_today
      ),
      column = 'departure_from',
      hint = 'Choose a departure date from today on.';
  end if;
  if new.return_from < new.departure_from
    or new.return_to < new.departure_from
    or new.return_to < new.return_from
    or new.departure_to < new.departure_from
  then
    v_field := case
      when new.departure_to < new.departure_from then 'departure_to'
      when new.return_from < new.departure_from then 'return_from'
      else 'return_to'
    end;
    raise exception using
      errcode = 'SK003',
      message = 'the dates are in the wrong order',
      detail = jsonb_build_object(
        'field', v_field,
        'departure_from', new.departure_from, 'departure_to', new.departure_to,
        'return_from', new.return_from, 'return_to', new.return_to
      ),
      column = v_field,
      hint = 'Departure comes before return, and each window starts before it ends.';
  end if;

  select c.minor_digits into v_digits
  from engine.currencies as c where c.code = new.currency;
  if not found then
    raise exception using
      errcode = 'SK005',
      message = 'unknown currency',
      detail = jsonb_build_object('field', 'currency', 'value', new.currency),
      column = 'currency',
      hint = 'Use a three-letter ISO 4217 code in capitals, such as USD or EUR.';
  end if;
  if new.max_price is null
    or new.max_price <= 0
    or new.max_price >= 1000000000000
    or new.max_price = 'NaN'
    or scale(trim_scale(new.max_price)) > v_digits
  then
    raise exception using
      errcode = 'SK004',
      message = 'the highest price is not an amount that can be paid',
      detail = jsonb_build_object('field', 'max_price', 'value', new.max_price::text),
      column = 'max_price',
      hint = format(
        'Give a positive amount with at most %s decimals in %s.', v_digits, new.currency
      );
  end if;

  if new.consent_text_version is null then
    new.consent_at := null;
  elsif tg_op = 'INSERT'
    or new.consent_text_version is distinct from old.consent_text_version
  then
    new.consent_at := clock_timestamp();
  end if;
  if new.auto_book_enabled and new.consent_at is null then
    raise exception using
      errcode = 'SK006',
      message = 'automatic booking needs the traveller''s consent',
      detail = jsonb_build_object('field', 'consent_text_version', 'value', null),
      column = 'consent_text_version',
      hint = 'Show the consent text and pass the version that was agreed to.';
  end if;
  if new.auto_book_enabled or new.payment_method_id is not null then
    perform engine.check_card(new.user_id, new.payment_method_id, now());
  end if;

  -- No airline sells further ahead than a year; and counting the days to 'infinity'
  -- would not end.
  if greatest(new.departure_to, new.return_from, new.return_to) > v_today + 730 then
    v_searches := 61;
  elsif (new.nights_min is null) <> (new.nights_max is null)
    or (new.return_from is null) <> (new.return_to is null)
  then
    v_searches := 1;  -- half a window: its CHECK says so
  else
    select count(*) into v_searches
    from (select from engine.plan_searches(new, v_today) limit 61) as s;
  end if;
  if v_searches > 60 then
    raise exception using
      errcode = 'SK009',
      message = 'the trip needs too many searches',
      detail = jsonb_build_object('field', 'departure_to', 'limit', 60),
      column = 'departure_to',
      hint = 'Narrow the date windows, within two years, or name fewer airports.';
  elsif v_searches = 0 then
    raise exception using
      errcode = 'SK003',
      message = 'the dates are in the wrong order',
      detail = jsonb_build_object(
        'field', 'nights_max',
        'departure_from', new.departure_from, 'departure_to', new.departure_to,
        'return_from', new.return_from, 'return_to', new.return_to,
        'nights_min', new.nights_min, 'nights_max', new.nights_max
      ),
      column = 'nights_max',
      hint = 'No departure and return date fit the windows and nights together.';
  end if;
  return new;
end;
$$;

ALTER FUNCTION engine.check_trip_request() OWNER TO skylatch_owner;

--
-- Name: claim_calls(text, integer, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_ids bigint[];
begin
  v_ids := array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.run_at <= v_now
      and engine.is_claimable(c, v_now)
    order by c.run_at, c.id
    limit p_limit
    for update skip locked
  );
  v_ids := v_ids || array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY' and c.user_id is null and c.run_at <= v_now
    order by c.run_at, c.id
    limit p_limit - cardinality(v_ids)
    for update skip locked
  );
  v_ids := v_ids || array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is null
      and c.user_id is not null
      and c.run_at <= v_now
      and engine.is_claimable(c, v_now)
    order by c.run_at, c.id
    limit least(p_searches, p_limit - cardinality(v_ids))
    for update skip locked
  );
  if v_ids <> '{}' then
    return query select l.* from engine.lease_calls(p_worker, v_ids, v_now) as l;
  end if;
end;
$$;

ALTER FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer) OWNER TO skylatch_owner;

--
-- Name: review_cases; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.review_cases (
    id bigint NOT NULL,
    kind text NOT NULL,
    object_id text NOT NULL,
    user_id uuid,
    trip_request_id uuid,
    booking_attempt_id uuid,
    opened_at timestamp with time zone NOT NULL,
    summary text NOT NULL,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    evidence_at timestamp with time zone,
    resolved_at timestamp with time zone,
    resolved_by text,
    resolution text,
    CONSTRAINT review_cases_kind CHECK ((kind = ANY (ARRAY['ATTEMPT'::text, 'ORPHAN_ORDER'::text, 'ORPHAN_PAYMENT'::text, 'PAYMENT_CONTRADICTION'::text, 'ORDER_CONTRADICTION'::text, 'DISPUTE'::text, 'FRAUD_WARNING'::text, 'AIRLINE_CHANGE'::text, 'AIRLINE_CANCELLATION'::text, 'REFUND_FAILED'::text, 'AUTHORIZATION_LAPSING'::text, 'POISON'::text]))),
    CONSTRAINT review_cases_resolved CHECK ((((resolved_at IS NULL) = (resolved_by IS NULL)) AND ((resolved_at IS NULL) = (resolution IS NULL))))
);

ALTER TABLE ONLY engine.review_cases FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.review_cases OWNER TO skylatch_owner;

--
-- Name: close_case(text, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    BEGIN ATOMIC
 UPDATE engine.review_cases SET resolved_at = close_case.p_now, resolved_by = close_case.p_actor, resolution = close_case.p_resolution
   WHERE ((review_cases.kind = close_case.p_kind) AND (review_cases.object_id = close_case.p_object_id) AND (review_cases.resolved_at IS NULL));
END;

ALTER FUNCTION engine.close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: command_attempt(uuid, uuid, text, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_attempt public.booking_attempts;
  v_as_state text;
begin
  perform from public.trip_requests as t
  inner join public.booking_attempts as a
    on t.user_id = a.user_id and t.id = a.trip_request_id
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update of t;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update;
  v_as_state := case
    when v_attempt.state <> 'NEEDS_REVIEW' then v_attempt.state
    when p_verdict = 'RESUME' then v_attempt.review_from
    when p_verdict = 'CANCEL' and v_attempt.status = 'SUCCESS' then 'CONFIRMED'
    else v_attempt.state
  end;
  if v_attempt.id is null
    or not exists (
      select from engine.saga_transitions as t
      where t.state = v_as_state and t.verdict = p_verdict
    )
  then
    raise exception using
      errcode = 'SK105',
      message = 'the attempt''s state does not allow this',
      detail = jsonb_build_object(
        'attempt', p_attempt_id, 'state', v_attempt.state, 'action', p_verdict
      ),
      hint = 'saga_transitions lists what each state allows.';
  end if;
  perform engine.advance_attempt(
    v_attempt, 'order', p_verdict, null::engine.outcome_rules,
    jsonb_build_object('as_state', v_as_state, 'reason', p_reason),
    p_actor, p_correlation_id, p_now
  );
  perform engine.wake_sidecar();
  select a.state into v_as_state
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id;
  return v_as_state;
end;
$$;

ALTER FUNCTION engine.command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: compare_orders(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: compare_payments(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: confirm_booking(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_booking_id uuid;
begin
  insert into public.flight_bookings as b (
    user_id, trip_request_id, booking_attempt_id, flight_offer_id, offer_id, order_id,
    payment_intent_id, booking_reference, price, currency, booked_at
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id,
    p_attempt.flight_offer_id, p_attempt.offer_id, p_attempt.order_id,
    p_attempt.payment_intent_id, p_attempt.booking_reference, p_attempt.agreed_amount,
    p_attempt.currency, p_now
  )
  returning b.id into v_booking_id;
  insert into public.booking_passengers (
    user_id, flight_booking_id, traveler_profile_id, passenger_id
  )
  select p_attempt.user_id, v_booking_id, p.traveler_profile_id, p.passenger_id
  from engine.order_party(p_attempt.user_id, p_attempt.flight_offer_id) as p;
  update public.flight_offers as o
  set status = 'BOOKED', price_amount = p_attempt.agreed_amount, updated_at = p_now
  where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id;
  -- Whatever the traveller asked for meanwhile, the trip is booked: say the truth.
  update public.trip_requests as t
  set
    auto_book_status = 'BOOKED',
    selected_offer_id = p_attempt.flight_offer_id,
    status_reason = format(
      'Booked: %s, %s %s.', p_attempt.booking_reference, p_attempt.agreed_amount,
      p_attempt.currency
    ),
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
end;
$$;

ALTER FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: count_apply_failure(bigint, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_call engine.provider_calls;
  v_attempt public.booking_attempts;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  perform from public.trip_requests as t
  where t.user_id = v_call.user_id and t.id = v_call.trip_request_id
  for no key update;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id
  for no key update;
  update engine.provider_calls as c
  set apply_failures = c.apply_failures + 1
  where c.id = p_call_id
  returning c.* into v_call;
  if v_call.apply_failures is null
    or v_call.apply_failures < 3
    or v_call.state in ('DONE', 'UNKNOWN', 'DEAD')
  then
    return;
  end if;
  update engine.provider_calls as c
  set
    state = 'DEAD', verdict = 'POISON', error_code = 'poison', lease_until = null,
    finished_at = p_now
  where c.id = p_call_id;
  if v_attempt.epoch = v_call.attempt_epoch and v_call.object_id is null then
    perform engine.command_attempt(
      v_call.user_id, v_call.booking_attempt_id, 'FREEZE', p_actor,
      'call:' || p_call_id, 'an answer could not be handled: ' || p_error, p_now
    );
  else
    perform engine.open_case(
      'POISON', p_call_id::text, v_attempt,
      format('The answer to %s could not be handled: %s', v_call.operation, p_error),
      '{}', p_now
    );
  end if;
end;
$$;

ALTER FUNCTION engine.count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: decide_trip(uuid, uuid, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
  v_best uuid;
  v_reason text;
  v_status text := 'PENDING';
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  if v_trip.auto_book_status <> 'PENDING'
    or exists (
      select from engine.provider_calls as c
      where c.user_id = p_user_id
        and c.trip_request_id = p_trip_id
        and c.operation = 'search'
        and c.state in ('READY', 'CLAIMED')
    )
  then
    return null;
  end if;
  perform engine.rank_trip(p_user_id, p_trip_id, p_now);
  v_best := engine.best_offer(v_trip);
  if v_best is not null then
    v_reason := case
      when not v_trip.auto_book_enabled
        then 'An offer fits; automatic booking is not switched on for this trip.'
      else 'An offer fits, but booking is off: ' || engine.flag_problem(p_user_id, p_now)
    end;
    if v_reason is null then
      -- What the trip lacks by now (its card expired, a profile was emptied) is for the
      -- traveller to mend; the offers that were found are kept.
      begin
        return engine.begin_attempt(v_trip, v_best, p_actor, p_now);
      exception when sqlstate 'SK007' or sqlstate 'SK008' or sqlstate 'SK010' then
        get stacked diagnostics v_reason = pg_exception_hint;
        v_status := 'ACTION_REQUIRED';
      end;
    end if;
  else
    v_reason := coalesce(
      engine.describe_round(p_user_id, p_trip_id), v_trip.status_reason
    );
  end if;
  update public.trip_requests as t
  set
    auto_book_status = v_status,
    status_reason = v_reason,
    status_changed_at = case
      when v_status = t.auto_book_status then t.status_changed_at else p_now
    end
  where t.user_id = p_user_id and t.id = p_trip_id;
  perform engine.log_event(
    p_user_id, p_trip_id, null, p_actor, 'round:' || v_trip.search_round, null, null,
    v_reason
  );
  return null;
end;
$$;

ALTER FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: describe_round(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
  v_offers integer;
  v_cheapest numeric;
  v_fitting numeric;
  v_reason text;
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  select
    count(*),
    min(o.price_amount) filter (where o.price_currency = v_trip.currency),
    -- The cheapest whose only fault is its price.
    min(o.price_amount) filter (where o.ineligible = '{price_above_cap}')
  into v_offers, v_cheapest, v_fitting
  from public.flight_offers as o
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = v_trip.search_round;
  if v_offers = 0 and not exists (
    select from public.fare_history as h
    where h.user_id = p_user_id
      and h.trip_request_id = p_trip_id
      and h.search_round = v_trip.search_round
  ) then
    return null;
  elsif v_offers = 0 then
    return 'No flights were found for these dates.';
  elsif v_fitting is not null then
    return format(
      'The cheapest fitting offer of %s is %s %s, %s %s over your limit of %s.',
      v_offers, v_fitting, v_trip.currency, v_fitting - v_trip.max_price,
      v_trip.currency, v_trip.max_price
    );
  end if;
  select string_agg(format('%s: %s', r.reason, r.n), ', ' order by r.n desc, r.reason)
  into v_reason
  from (
    select u.reason, count(*) as n
    from public.flight_offers as o
    cross join unnest(o.ineligible) as u (reason)
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = v_trip.search_round
    group by u.reason
  ) as r;
  return format(
    'None of %s offers fits (%s); the cheapest is %s %s.',
    v_offers, coalesce(v_reason, 'all expired'),
    coalesce(v_cheapest::text, 'not sold in'), v_trip.currency
  );
end;
$$;

ALTER FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: end_state(public.booking_attempts, public.booking_attempts, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_from.state = 'NEEDS_REVIEW' and p_to.state <> 'NEEDS_REVIEW' then
    perform engine.close_case('ATTEMPT', p_to.id::text, p_actor, lower(p_verdict), p_now);
  end if;
  if p_to.state = 'CONFIRMED' and p_from.status = 'PENDING' then
    perform engine.confirm_booking(p_to, p_now);
  elsif p_to.state = 'CONFIRMED' then
    update public.flight_bookings as b
    set attention = case p_verdict
      when 'FAIL' then format(
        'Not cancelled: the airline would not return %s %s.', p_to.min_refund,
        p_to.currency
      )
      else 'Not cancelled: the airline did not answer.'
    end
    where b.user_id = p_to.user_id
      and b.booking_attempt_id = p_to.id
      and p_from.state = 'QUOTING_BOOKING';
  elsif p_to.state in ('FAILED', 'CANCELLED') and p_to.status = 'FAILED' then
    perform engine.release_trip(p_to, p_now);
  elsif p_to.state in ('REFUNDING', 'CANCELLED') and p_to.order_cancelled_at is not null
  then
    perform engine.cancel_booked_trip(p_to, p_now);
  elsif p_to.state in ('NEEDS_REVIEW', 'ORDER_UNKNOWN') and p_to.status = 'PENDING' then
    update public.trip_requests as t
    set
      -- An attempt that is opened again keeps its trip from being booked beside it.
      auto_book_status = case
        when p_from.state = 'FAILED'
          and t.auto_book_status in ('PENDING', 'ACTION_REQUIRED', 'FAILED')
          then 'BOOKING'
        else t.auto_book_status
      end,
      selected_offer_id = coalesce(t.selected_offer_id, p_to.flight_offer_id),
      status_reason = s.meaning
    from engine.saga_states as s
    where t.user_id = p_to.user_id and t.id = p_to.trip_request_id and s.state = p_to.state;
  end if;
  if p_to.state = 'NEEDS_REVIEW' then
    perform engine.open_case(
      'ATTEMPT', p_to.id::text, p_to,
      format('%s after %s: %s', p_to.review_from, p_operation, lower(p_verdict)),
      '{}', p_now
    );
  end if;
end;
$$;

ALTER FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: enqueue_call(public.booking_attempts, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_id bigint;
begin
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation,
    idempotency_key, run_at
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    p_operation,
    format('%s:%s', p_attempt.id, p_operation)
    || case p_operation when 'create_refund' then ':' || p_attempt.refund_no else '' end,
    p_run_at
  )
  on conflict (idempotency_key) do update
  set
    state = 'READY',
    run_at = excluded.run_at + case
      when c.state = 'DEAD' then interval '0'
      else make_interval(secs => least(power(2, c.tries - 1), 300))
    end,
    tries = case when c.state = 'DEAD' then 0 else c.tries end,
    attempt_epoch = excluded.attempt_epoch,
    first_claimed_at = null,
    apply_failures = 0,
    finished_at = null
  where c.operation <> 'create_order' and c.state in ('DONE', 'UNKNOWN', 'DEAD')
  returning c.id into v_id;
  if v_id is null then
    raise exception using
      errcode = 'SK301',
      message = 'the saga asked for a call that must not be repeated',
      detail = jsonb_build_object(
        'attempt', p_attempt.id, 'operation', p_operation, 'state', p_attempt.state
      ),
      hint = 'This is a defect in saga_transitions: report it.';
  end if;
  return v_id;
end;
$$;

ALTER FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: enqueue_look(text, text, jsonb, public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_id bigint;
begin
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation, object_id,
    payload, idempotency_key, run_at
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    p_operation, p_object_id, p_payload,
    format('look:%s:%s', p_operation, md5(p_object_id)), p_run_at
  )
  on conflict (idempotency_key) do update
  set
    again = c.state in ('CLAIMED', 'SENT'),
    state = case when c.state in ('CLAIMED', 'SENT') then c.state else 'READY' end,
    tries = case when c.state in ('CLAIMED', 'SENT') then c.tries else 0 end,
    run_at = case when c.state = 'READY' then least(c.run_at, p_run_at) else p_run_at end,
    payload = excluded.payload,
    apply_failures = 0,
    finished_at = null,
    -- It may have been asked for before anybody knew whose it is.
    user_id = coalesce(c.user_id, excluded.user_id),
    trip_request_id = coalesce(c.trip_request_id, excluded.trip_request_id),
    booking_attempt_id = coalesce(c.booking_attempt_id, excluded.booking_attempt_id),
    attempt_epoch = coalesce(c.attempt_epoch, excluded.attempt_epoch)
  returning c.id into v_id;
  return v_id;
end;
$$;

ALTER FUNCTION engine.enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: evaluate_flag(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.evaluate_flag(p_flag text, p_context text) RETURNS jsonb
    LANGUAGE plpython3u STABLE PARALLEL RESTRICTED
    AS $$
  if "skylatch_flags_2" not in GD:
      import sys; sys.path[:0] = {"/usr/lib/skylatch/py/2"} - {*sys.path}
      from skylatch_plpython.flags import Runtime
      GD["skylatch_flags_2"] = Runtime(plpy)
  return GD["skylatch_flags_2"].evaluate(p_flag, p_context)
$$;

ALTER FUNCTION engine.evaluate_flag(p_flag text, p_context text) OWNER TO skylatch_owner;

--
-- Name: expire_offers(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.expire_offers(p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_expired integer;
begin
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  from (
    select f.user_id, f.id
    from public.flight_offers as f
    where f.status = 'ACTIVE' and f.expires_at <= p_now
    order by f.expires_at
    limit 10000
    for update skip locked
  ) as f
  where o.user_id = f.user_id and o.id = f.id;
  get diagnostics v_expired = row_count;
  return v_expired;
end;
$$;

ALTER FUNCTION engine.expire_offers(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: find_rule(text, integer, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.find_rule(p_operation text, p_http_status integer, p_error_code text) RETURNS engine.outcome_rules
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_rule engine.outcome_rules;
begin
  select r.* into strict v_rule
  from engine.outcome_rules as r
  where r.operation = p_operation
    and r.error_code in (p_error_code, '*')
    and r.http_status in (
      coalesce(p_http_status::text, 'none'), (p_http_status / 100) || 'xx', '*'
    )
  order by
    r.error_code <> '*' desc,
    -- A full status, then its class, then any.
    r.http_status <> '*' desc,
    r.http_status like '%xx'
  limit 1;
  return v_rule;
end;
$$;

ALTER FUNCTION engine.find_rule(p_operation text, p_http_status integer, p_error_code text) OWNER TO skylatch_owner;

--
-- Name: finish_calls(text, jsonb, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_report jsonb;
  v_next bigint;
  v_nexts bigint[] := '{}'::bigint[];
  v_now timestamptz := clock_timestamp();
begin
  -- In trip order, so that two sidecars reporting at once cannot deadlock.
  for v_report in
    select r.value
    from jsonb_array_elements(p_reports) as r
    left join engine.provider_calls as c on c.id = (r.value ->> 'call_id')::bigint
    order by c.trip_request_id, c.id
  loop
    begin
      v_next := engine.settle_call(
        (v_report ->> 'call_id')::bigint, (v_report ->> 'epoch')::integer, v_report,
        p_worker, v_now
      );
      v_nexts := v_nexts || v_next;
    exception when others then
      -- A lock that could not be had in time: nothing is wrong with the report, so the
      -- worker sends the batch again.
      if sqlstate in ('40001', '40P01', '55P03') then
        raise;
      end if;
      -- The lease runs out and recovery takes over; the reason must not be lost.
      raise warning 'report of call % not applied: % %',
        v_report ->> 'call_id', sqlstate, sqlerrm;
      perform engine.log_event(
        c.user_id, c.trip_request_id, c.booking_attempt_id, p_worker, 'call:' || c.id,
        null, null, c.operation || ': the report could not be applied',
        jsonb_strip_nulls(
          jsonb_build_object(
            'sqlstate', sqlstate,
            'message', sqlerrm,
            'http_status', v_report -> 'http_status',
            'request_id', v_report -> 'request_id',
            -- It may be the only trace of an order.
            'object', coalesce(
              v_report #>> '{body,data,id}', v_report #>> '{body,id}'
            )
          )
        )
      )
      from engine.provider_calls as c
      where c.id = (v_report ->> 'call_id')::bigint and c.user_id is not null;
      perform engine.count_apply_failure(
        (v_report ->> 'call_id')::bigint, sqlerrm, p_worker, v_now
      );
    end;
  end loop;
  perform engine.record_flag_usage();
  return query
  select l.*
  from engine.lease_calls(
    p_worker,
    array(
      select c.id from engine.provider_calls as c
      where p_hand_on and c.id = any (v_nexts) and c.run_at <= v_now
    ),
    v_now
  ) as l;
end;
$$;

ALTER FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean) OWNER TO skylatch_owner;

--
-- Name: flag_context(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_context(p_user_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_system jsonb := jsonb_build_object('key', 'skylatch');
  v_account jsonb;
begin
  if p_user_id is null then
    return v_system || '{"kind": "system"}';
  end if;
  select to_jsonb(u) into v_account from auth.users as u where u.id = p_user_id;
  return jsonb_build_object(
    'kind', 'multi',
    'system', v_system,
    'user', jsonb_strip_nulls(
      jsonb_build_object(
        'key', p_user_id,
        'created_at', to_char(
          (v_account ->> 'created_at')::timestamptz at time zone 'UTC',
          'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        ),
        'email_domain', lower(substring(v_account ->> 'email' from '@([^@]+)$')),
        'internal', coalesce(
          v_account #> '{raw_app_meta_data,internal}' = 'true'::jsonb, false
        )
      )
    )
  );
end;
$_$;

ALTER FUNCTION engine.flag_context(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: flag_problem(uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_problem(p_user_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_state record;
  v_context text;
  v_flag text;
  v_answer jsonb;
  v_reason text;
  v_value jsonb;
  v_problem text;
begin
  select k.engaged, k.reason, s.initialized, s.heartbeat_at, s.stale_after
  into v_state
  from (select 1) as one
  left join engine.kill_switch as k on true
  left join engine.flag_sync as s on true;
  if v_state.engaged is distinct from false then
    return 'kill switch: ' || coalesce(v_state.reason, 'its row is missing');
  elsif v_state.initialized is distinct from true then
    return 'flags were never loaded';
  elsif v_state.heartbeat_at < p_now - v_state.stale_after then
    return 'flags are stale';
  elsif p_user_id is null then
    return 'no user';
  end if;
  v_context := engine.flag_context(p_user_id);
  foreach v_flag in array array[
    'auto_booking_emergency_disable', 'auto_booking_pipeline_enabled'
  ] loop
    v_answer := engine.evaluate_flag(v_flag, v_context);
    v_reason := v_answer ->> 'reason';
    v_value := v_answer -> 'value';
    v_problem := case
      when v_reason = 'FLAG_NOT_FOUND' then 'unknown flag ' || v_flag
      when v_reason = 'MALFORMED_FLAG' then format('flag %s is malformed', v_flag)
      when v_reason = 'USER_NOT_SPECIFIED' then 'no user'
      when v_reason = 'CONTEXT_TOO_LONG' then 'an attribute of the user is too long'
      when v_reason not in (
        'OFF', 'FALLTHROUGH', 'TARGET_MATCH', 'RULE_MATCH', 'PREREQUISITE_FAILED'
      ) then format('flag %s: %s', v_flag, v_reason)
      when v_answer -> 'detail' ? 'bigSegmentsStatus'
        then format('flag %s needs a big segment', v_flag)
      when v_flag = 'auto_booking_pipeline_enabled' and v_reason = 'OFF'
        then v_flag || ' is off'
      when v_flag = 'auto_booking_pipeline_enabled' and v_reason = 'PREREQUISITE_FAILED'
        then format('a prerequisite of %s failed', v_flag)
      when jsonb_typeof(v_value) <> 'boolean'
        then format('flag %s is not a boolean', v_flag)
      when v_flag = 'auto_booking_emergency_disable' and v_value = 'true'
        then v_flag || ' is on'
      when v_flag = 'auto_booking_pipeline_enabled' and v_value = 'false'
        then v_flag || ' is off'
    end;
    exit when v_problem is not null;
  end loop;
  return v_problem;
end;
$$;

ALTER FUNCTION engine.flag_problem(p_user_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: flag_data; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.flag_data (
    kind text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    deleted boolean NOT NULL,
    data json NOT NULL,
    problem text,
    generation bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT flag_data_kind CHECK ((kind = ANY (ARRAY['features'::text, 'segments'::text]))),
    CONSTRAINT flag_data_version CHECK ((version >= 0))
);

ALTER TABLE ONLY engine.flag_data FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.flag_data OWNER TO skylatch_owner;

--
-- Name: flag_sync; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.flag_sync (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint,
    initialized boolean DEFAULT false NOT NULL,
    heartbeat_at timestamp with time zone,
    source text,
    stale_after interval DEFAULT '00:10:00'::interval NOT NULL,
    mirrored_by text,
    mirrored_until timestamp with time zone,
    CONSTRAINT flag_sync_initialized CHECK (((NOT initialized) OR ((generation IS NOT NULL) AND (heartbeat_at IS NOT NULL)))),
    CONSTRAINT flag_sync_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.flag_sync FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.flag_sync OWNER TO skylatch_owner;

--
-- Name: flag_usage; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.flag_usage (
    day date NOT NULL,
    flag text NOT NULL,
    variation bigint NOT NULL,
    reason text NOT NULL,
    evaluations bigint NOT NULL,
    CONSTRAINT flag_usage_evaluations CHECK ((evaluations > 0))
);

ALTER TABLE ONLY engine.flag_usage FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.flag_usage OWNER TO skylatch_owner;

--
-- Name: flag_usage_parts; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.flag_usage_parts (
    id bigint NOT NULL,
    day date NOT NULL,
    flag text NOT NULL,
    variation bigint NOT NULL,
    reason text NOT NULL,
    evaluations bigint NOT NULL
);

ALTER TABLE ONLY engine.flag_usage_parts FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.flag_usage_parts OWNER TO skylatch_owner;

--
-- Name: flag_status(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_status() RETURNS TABLE(flag text, version bigint, is_on boolean, problem text, generation bigint, changed_at timestamp with time zone, age interval, is_stale boolean, source text, served jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT f.key,
     f.version,
     ((NOT f.deleted) AND (f.problem IS NULL) AND ((f.data ->> 'on'::text) = 'true'::text)),
         CASE
             WHEN f.deleted THEN 'deleted'::text
             ELSE f.problem
         END AS problem,
     f.generation,
     f.changed_at,
     (clock_timestamp() - s.heartbeat_at),
     (s.heartbeat_at < (clock_timestamp() - s.stale_after)),
     s.source,
     COALESCE(u.served, '[]'::jsonb) AS "coalesce"
    FROM ((engine.flag_data f
      CROSS JOIN engine.flag_sync s)
      LEFT JOIN LATERAL ( SELECT jsonb_agg(jsonb_build_object('variation', NULLIF(d.variation, '-1'::integer), 'reason', d.reason, 'evaluations', d.evaluations) ORDER BY d.evaluations DESC) AS served
            FROM ( SELECT e.variation,
                     e.reason,
                     sum(e.evaluations) AS evaluations
                    FROM ( SELECT r.flag,
                             r.day,
                             r.variation,
                             r.reason,
                             r.evaluations
                            FROM engine.flag_usage r
                         UNION ALL
                          SELECT p.flag,
                             p.day,
                             p.variation,
                             p.reason,
                             p.evaluations
                            FROM engine.flag_usage_parts p) e
                   WHERE ((e.flag = f.key) AND (e.day > (((clock_timestamp() AT TIME ZONE 'UTC'::text))::date - 7)))
                   GROUP BY e.variation, e.reason) d) u ON (true))
   WHERE (f.kind = 'features'::text)
   ORDER BY f.key;
END;

ALTER FUNCTION engine.flag_status() OWNER TO skylatch_owner;

--
-- Name: flag_value(text, uuid, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_answer jsonb := engine.evaluate_flag(p_flag, engine.flag_context(p_user_id));
begin
  return case
    when v_answer -> 'variation' = 'null' then p_default
    else v_answer -> 'value'
  end;
end;
$$;

ALTER FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) OWNER TO skylatch_owner;

--
-- Name: found_order(public.booking_attempts, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_orders jsonb;
  v_order jsonb;
begin
  if jsonb_typeof(p_body -> 'orders') is distinct from 'array' then
    return jsonb_build_object('code', 'unreadable');
  end if;
  select coalesce(jsonb_agg(o.value), '[]') into v_orders
  from jsonb_array_elements(p_body -> 'orders') as o
  where o.value ->> 'offer_id' = p_attempt.offer_id
    or o.value #>> '{metadata,attempt_id}' = p_attempt.id::text;
  v_order := v_orders -> 0;
  return jsonb_build_object(
    'order', v_order,
    'code', case
      when v_orders = '[]' and exists (
        select from engine.provider_events as e
        where e.provider = 'duffel'
          and e.object_id = p_attempt.offer_id
          and e.type = 'order.creation_failed'
      ) then 'creation_failed'
      when v_orders = '[]' then 'none'
      when jsonb_array_length(v_orders) > 1 then 'several'
      when v_order ->> 'offer_id' is distinct from p_attempt.offer_id
        or v_order #>> '{metadata,attempt_id}' is distinct from p_attempt.id::text
        then 'wrong_offer'
      when v_order ->> 'cancelled_at' is not null then 'cancelled'
      when v_order ->> 'id' is null or v_order ->> 'booking_reference' is null
        then 'unfinished'
      when v_order ->> 'total_currency' is distinct from p_attempt.currency
        or (v_order ->> 'total_amount')::numeric is distinct from p_attempt.agreed_amount
        then 'amount_mismatch'
      else 'ok'
    end
  );
end;
$$;

ALTER FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) OWNER TO skylatch_owner;

--
-- Name: found_refund(public.booking_attempts, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.found_refund(p_attempt public.booking_attempts, p_body jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_refund jsonb;
begin
  if p_attempt.refund_amount = 0 then
    return jsonb_build_object('code', 'nothing_due');
  elsif jsonb_typeof(p_body -> 'refunds') is distinct from 'array' then
    return jsonb_build_object('code', 'unreadable');
  end if;
  select r.value into v_refund
  from jsonb_array_elements(p_body -> 'refunds') as r
  where r.value #>> '{metadata,refund_id}'
    = format('%s:%s', p_attempt.id, p_attempt.refund_no)
  limit 1;
  return jsonb_build_object(
    'refund', v_refund,
    'code', case
      when v_refund is null then 'none'
      when v_refund ->> 'currency' is distinct from lower(p_attempt.currency)
        or (v_refund ->> 'amount')::bigint is distinct from
        engine.stripe_amount(p_attempt.refund_amount, p_attempt.currency)
        then 'amount_mismatch'
      when v_refund ->> 'status' in ('failed', 'canceled') then 'failed'
      when v_refund ->> 'status' = 'succeeded' then 'succeeded'
      else 'pending'
    end
  );
end;
$$;

ALTER FUNCTION engine.found_refund(p_attempt public.booking_attempts, p_body jsonb) OWNER TO skylatch_owner;

--
-- Name: has_live_attempt(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.has_live_attempt(p_user_id uuid, p_trip_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (EXISTS (SELECT FROM public.booking_attempts a WHERE ((a.user_id = has_live_attempt.p_user_id) AND (a.trip_request_id = has_live_attempt.p_trip_id) AND (a.status = 'PENDING'::text))));

ALTER FUNCTION engine.has_live_attempt(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: heartbeat(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.heartbeat(p_worker text, p_version text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into engine.workers as w (worker, version, seen_at)
  values (p_worker, p_version, v_now)
  on conflict (worker) do update
  set version = excluded.version, seen_at = excluded.seen_at;
  delete from engine.workers as w where w.seen_at < v_now - interval '1 day';
  if exists (
    select from engine.cron_beat as b where b.at > v_now - interval '3 minutes'
  ) then
    return 'pg_cron';
  end if;
  perform engine.recover();
  if not exists (
    select from engine.monitor_runs as r where r.started_at > v_now - interval '10 minutes'
  ) then
    perform engine.run_monitor('sidecar', v_now);
  end if;
  return 'sidecar';
end;
$$;

ALTER FUNCTION engine.heartbeat(p_worker text, p_version text) OWNER TO skylatch_owner;

--
-- Name: hold_mirror(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.hold_mirror(p_worker text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.flag_sync as s
  set mirrored_by = p_worker, mirrored_until = v_now + interval '15 seconds'
  where s.mirrored_by is not distinct from p_worker
    or s.mirrored_until is null
    or s.mirrored_until <= v_now;
  return found;
end;
$$;

ALTER FUNCTION engine.hold_mirror(p_worker text) OWNER TO skylatch_owner;

--
-- Name: holds_secret(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.holds_secret(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT ((p_text ~* '(sk|rk)_(live|test)_|duffel_(live|test)_|whsec_|-----BEGIN'::text) OR (EXISTS ( SELECT
            FROM (regexp_matches(holds_secret.p_text, '(?<![0-9])[3-6](?: ?[0-9]){12,18}(?![0-9])'::text, 'g'::text) m(found)
              CROSS JOIN LATERAL ( SELECT sum(
                         CASE (d.n % (2)::bigint)
                             WHEN 0 THEN ((2 * d.digit) - (9 * (d.digit / 5)))
                             ELSE d.digit
                         END) AS checksum
                    FROM ( SELECT r.n,
                             (r.digit)::integer AS digit
                            FROM string_to_table(reverse(replace(m.found[1], ' '::text, ''::text)), NULL::text) WITH ORDINALITY r(digit, n)) d) luhn)
           WHERE ((luhn.checksum % (10)::bigint) = 0))));
END;

ALTER FUNCTION engine.holds_secret(p_text text) OWNER TO skylatch_owner;

--
-- Name: ingest_offers(uuid, uuid, integer, jsonb, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_stored integer;
begin
  with offer as (
    -- Pages may overlap: an id that came twice is the offer that came first.
    select distinct on (o.value ->> 'id') o.value as o
    from jsonb_array_elements(p_body -> 'offers') with ordinality as o
    where engine.is_well_formed_offer(o.value)
    order by o.value ->> 'id', o.ordinality
  ),

  segment as (
    select
      offer.o ->> 'id' as offer_id,
      sl.ordinality as slice_no,
      se.ordinality as segment_no,
      sl.value as slice,
      se.value as s,
      (se.value ->> 'departing_at')::timestamp at time zone coalesce(
        a.time_zone, se.value #>> '{origin,time_zone}'
      ) as departs_at,
      (se.value ->> 'arriving_at')::timestamp at time zone coalesce(
        b.time_zone, se.value #>> '{destination,time_zone}'
      ) as arrives_at
    from offer
    cross join jsonb_array_elements(offer.o -> 'slices') with ordinality as sl
    cross join jsonb_array_elements(sl.value -> 'segments') with ordinality as se
    left join engine.airports as a on a.iata = se.value #>> '{origin,iata_code}'
    left join engine.airports as b on b.iata = se.value #>> '{destination,iata_code}'
  ),

  slice as (
    select
      g.offer_id,
      g.slice_no,
      coalesce(
        ((array_agg(g.slice))[1] ->> 'duration')::interval,
        max(g.arrives_at) - min(g.departs_at)
      ) as duration,
      count(*) - 1 as connections,
      sum(jsonb_array_length(coalesce(nullif(g.s -> 'stops', 'null'), '[]'))) as stops,
      min(g.departs_at) as departs_at,
      max(g.arrives_at) as arrives_at,
      jsonb_build_object(
        'origin', (array_agg(g.s #>> '{origin,iata_code}' order by g.segment_no))[1],
        'destination', (
          array_agg(g.s #>> '{destination,iata_code}' order by g.segment_no desc)
        )[1],
        'duration', (array_agg(g.slice))[1] ->> 'duration',
        'fare_brand', (array_agg(g.slice))[1] ->> 'fare_brand_name',
        'segments', jsonb_agg(
          jsonb_build_object(
            'origin', g.s #>> '{origin,iata_code}',
            'destination', g.s #>> '{destination,iata_code}',
            'departing_at', g.s ->> 'departing_at',
            'arriving_at', g.s ->> 'arriving_at',
            'carrier', g.s #>> '{marketing_carrier,iata_code}',
            'flight_number', g.s ->> 'marketing_carrier_flight_number',
            'operated_by', g.s #>> '{operating_carrier,iata_code}',
            'cabin', g.s #>> '{passengers,0,cabin_class}'
          )
          order by g.segment_no
        )
      ) as itinerary
    from segment as g
    group by g.offer_id, g.slice_no
  ),

  journey as (
    select
      l.offer_id,
      sum(l.duration) as duration,
      max(l.duration) as longest_slice,
      sum(l.connections) as connections,
      max(l.connections) as most_connections,
      sum(l.stops) as stops,
      min(l.departs_at) as departs_at,
      max(l.arrives_at) as arrives_at,
      jsonb_agg(l.itinerary order by l.slice_no) as itinerary
    from slice as l
    group by l.offer_id
  ),

  -- Bags that everybody with a seat has on every segment.
  bag as (
    select
      w.offer_id,
      min(w.carry_on) as carry_on,
      min(w.checked) as checked
    from (
      select
        g.offer_id,
        coalesce(
          sum((q.value ->> 'quantity')::integer)
          filter (where q.value ->> 'type' = 'carry_on'), 0
        ) as carry_on,
        coalesce(
          sum((q.value ->> 'quantity')::integer)
          filter (where q.value ->> 'type' = 'checked'), 0
        ) as checked
      from segment as g
      cross join jsonb_array_elements(g.s -> 'passengers') with ordinality as p
      left join jsonb_array_elements(
        coalesce(nullif(p.value -> 'baggages', 'null'), '[]')
      ) as q on true
      where not exists (
        select from offer
        cross join jsonb_array_elements(offer.o -> 'passengers') as i
        where offer.o ->> 'id' = g.offer_id
          and i.value ->> 'id' = p.value ->> 'passenger_id'
          and (i.value ->> 'age')::integer < 2
      )
      group by g.offer_id, g.slice_no, g.segment_no, p.ordinality
    ) as w
    group by w.offer_id
  )

  insert into public.flight_offers (
    user_id, trip_request_id, search_round, offer_id, offer_request_id, passengers,
    price_amount, price_currency, base_amount, tax_amount, expires_at, airline, duration,
    longest_slice, connections, most_connections, technical_stops, departs_at,
    arrives_at, carry_on_bags, checked_bags, refundable, refund_penalty,
    refund_penalty_currency, changeable, change_penalty, change_penalty_currency,
    emissions_kg, documents_required, itinerary, created_at, updated_at
  )
  select
    p_user_id,
    p_trip_id,
    p_round,
    offer.o ->> 'id',
    p_body #>> '{offer_request,id}',
    (
      select jsonb_agg(
        jsonb_build_object(
          'id', p.value -> 'id', 'type', p.value -> 'type', 'age', p.value -> 'age'
        )
      )
      from jsonb_array_elements(offer.o -> 'passengers') as p
    ),
    (offer.o ->> 'total_amount')::numeric,
    offer.o ->> 'total_currency',
    (offer.o ->> 'base_amount')::numeric,
    (offer.o ->> 'tax_amount')::numeric,
    (offer.o ->> 'expires_at')::timestamptz,
    offer.o #>> '{owner,iata_code}',
    j.duration,
    j.longest_slice,
    j.connections,
    j.most_connections,
    j.stops,
    j.departs_at,
    j.arrives_at,
    coalesce(b.carry_on, 0),
    coalesce(b.checked, 0),
    (offer.o #>> '{conditions,refund_before_departure,allowed}')::boolean,
    (offer.o #>> '{conditions,refund_before_departure,penalty_amount}')::numeric,
    offer.o #>> '{conditions,refund_before_departure,penalty_currency}',
    (offer.o #>> '{conditions,change_before_departure,allowed}')::boolean,
    (offer.o #>> '{conditions,change_before_departure,penalty_amount}')::numeric,
    offer.o #>> '{conditions,change_before_departure,penalty_currency}',
    (offer.o ->> 'total_emissions_kg')::numeric,
    coalesce((offer.o ->> 'passenger_identity_documents_required')::boolean, true),
    j.itinerary,
    p_now,
    p_now
  from offer
  inner join journey as j on offer.o ->> 'id' = j.offer_id
  left join bag as b on offer.o ->> 'id' = b.offer_id
  where j.arrives_at > j.departs_at
  on conflict (offer_id) do nothing;
  get diagnostics v_stored = row_count;

  insert into public.fare_history (
    user_id, trip_request_id, search_round, searched_at, origin, destination,
    departure_date, return_date, offers, malformed, currency, cheapest, median
  )
  select
    p_user_id,
    p_trip_id,
    p_round,
    p_now,
    p_request #>> '{slices,0,origin}',
    p_request #>> '{slices,0,destination}',
    (p_request #>> '{slices,0,departure_date}')::date,
    (p_request #>> '{slices,1,departure_date}')::date,
    count(f.offer_id),
    jsonb_array_length(p_body -> 'offers') - count(f.offer_id),
    -- One search, one currency; a mixed answer has no single cheapest fare.
    case when count(distinct f.price_currency) = 1 then min(f.price_currency) end,
    case when count(distinct f.price_currency) = 1 then min(f.price_amount) end,
    case
      when count(distinct f.price_currency) = 1
      then percentile_disc(0.5) within group (order by f.price_amount::numeric)
    end
  from public.flight_offers as f
  where f.user_id = p_user_id
    and f.trip_request_id = p_trip_id
    and f.search_round = p_round
    and f.offer_request_id = p_body #>> '{offer_request,id}';
  return v_stored;
end;
$$;

ALTER FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: breakers; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.breakers (
    operation text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    open_until timestamp with time zone,
    last_error text,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT breakers_failures CHECK ((failures >= 0))
);

ALTER TABLE ONLY engine.breakers FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.breakers OWNER TO skylatch_owner;

--
-- Name: operations; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.operations (
    operation text NOT NULL,
    provider text NOT NULL,
    marks_sent boolean NOT NULL,
    lease interval NOT NULL,
    max_tries smallint NOT NULL,
    waits interval[],
    key_lasts interval,
    observes boolean DEFAULT false NOT NULL,
    breaks_after smallint,
    CONSTRAINT operations_breaks_after CHECK ((breaks_after > 0)),
    CONSTRAINT operations_max_tries CHECK (((max_tries >= 1) AND (max_tries <= 100))),
    CONSTRAINT operations_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text])))
);

ALTER TABLE ONLY engine.operations FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.operations OWNER TO skylatch_owner;

--
-- Name: is_claimable(engine.provider_calls, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_claimable(p_call engine.provider_calls, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (COALESCE(((is_claimable.p_call).first_claimed_at > (is_claimable.p_now - o.key_lasts)), true) AND ((o.breaks_after IS NULL) OR (NOT (EXISTS ( SELECT
            FROM engine.breakers b
           WHERE ((b.operation = (is_claimable.p_call).operation) AND (b.open_until > is_claimable.p_now)))))))
    FROM engine.operations o
   WHERE (o.operation = (is_claimable.p_call).operation);
END;

ALTER FUNCTION engine.is_claimable(p_call engine.provider_calls, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: is_enabled(text, uuid, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_enabled(p_flag text, p_user_id uuid, p_default boolean) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_value jsonb := engine.flag_value(p_flag, p_user_id, null);
begin
  return case
    when jsonb_typeof(v_value) = 'boolean' then v_value::boolean
    else p_default
  end;
end;
$$;

ALTER FUNCTION engine.is_enabled(p_flag text, p_user_id uuid, p_default boolean) OWNER TO skylatch_owner;

--
-- Name: is_well_formed_offer(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_well_formed_offer(p_offer jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_segment jsonb;
begin
  if (
    p_offer @@ '
      $.type() == "object"
      && $.id like_regex "^off_\\w+$"
      && $.total_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$"
      && (!exists ($.base_amount) || $.base_amount == null
        || $.base_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
      && (!exists ($.tax_amount) || $.tax_amount == null
        || $.tax_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
      && $.total_currency like_regex "^[A-Z]{3}$"
      && $.expires_at
        like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$"
      && $.owner.iata_code like_regex "^\\w{2,3}$"
      && $.passengers.type() == "array" && $.passengers.size() > 0
      && $.slices.type() == "array" && $.slices.size() > 0
      && (!exists ($.total_emissions_kg) || $.total_emissions_kg == null
        || $.total_emissions_kg like_regex "^\\d{1,9}(\\.\\d{1,9})?$")
      && (!exists ($.passenger_identity_documents_required)
        || $.passenger_identity_documents_required == null
        || $.passenger_identity_documents_required.type() == "boolean")
    '
  ) is not true
    or exists (
      select
      from unnest(
        array['refund_before_departure', 'change_before_departure']
      ) as c (name)
      where (
        coalesce(p_offer #> array['conditions', c.name], '{}') @@ '
          (!exists ($.allowed) || $.allowed == null || $.allowed.type() == "boolean")
          && (!exists ($.penalty_amount) || $.penalty_amount == null
            || $.penalty_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
        '
      ) is not true
    )
    or exists (
      select
      from jsonb_array_elements(p_offer -> 'passengers') as p
      where (
        p.value @@ '
          $.type() == "object" && $.id.type() == "string"
          && (!exists ($.age) || $.age == null
            || ($.age.type() == "number" && $.age >= 0 && $.age < 150
              && $.age == $.age.floor()))
        '
      ) is not true
    )
    or exists (
      select
      from jsonb_array_elements(p_offer -> 'slices') as l
      where (
        l.value @@ '
          $.type() == "object" && $.segments.type() == "array" && $.segments.size() > 0
          && (!exists ($.duration) || $.duration == null || $.duration like_regex
            "^P(\\d{1,3}D)?(T(\\d{1,4}H)?(\\d{1,5}M)?(\\d{1,6}S)?)?$")
        '
      ) is not true
    )
  then
    return false;
  end if;

  for v_segment in
    select g.value
    from jsonb_array_elements(p_offer -> 'slices') as l
    cross join jsonb_array_elements(l.value -> 'segments') as g
  loop
    if (
      v_segment @@ '
        $.type() == "object"
        && $.departing_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$"
        && $.arriving_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$"
        && $.origin.iata_code.type() == "string"
        && $.destination.iata_code.type() == "string"
        && (!exists ($.stops) || $.stops == null || $.stops.type() == "array")
        && $.passengers.type() == "array" && $.passengers.size() > 0
      '
    ) is not true
      or exists (
        select
        from jsonb_array_elements(v_segment -> 'passengers') as p
        cross join jsonb_array_elements(
          coalesce(nullif(p.value -> 'baggages', 'null'), '[]')
        ) as b
        where (
          b.value @@ '
            strict $.quantity >= 0 && $.quantity < 100
            && $.quantity == $.quantity.floor()
          '
        ) is not true
      )
      -- Ours is the better list of time zones; the provider's is for what we lack.
      or exists (
        select
        from unnest(array['origin', 'destination']) as e (name)
        where not exists (
          select from engine.airports as a
          where a.iata = v_segment #>> array[e.name, 'iata_code']
        )
        and ('epoch'::timestamp at time zone (v_segment #>> array[e.name, 'time_zone']))
          is null
      )
    then
      return false;
    end if;
    perform
      (v_segment ->> 'departing_at')::timestamp,
      (v_segment ->> 'arriving_at')::timestamp;
  end loop;
  perform
    (p_offer ->> 'expires_at')::timestamptz,
    (p_offer ->> 'total_amount')::numeric,
    (p_offer ->> 'base_amount')::numeric,
    (p_offer ->> 'tax_amount')::numeric,
    (p_offer ->> 'total_emissions_kg')::numeric,
    (p_offer #>> '{conditions,refund_before_departure,penalty_amount}')::numeric,
    (p_offer #>> '{conditions,change_before_departure,penalty_amount}')::numeric,
    (
      select sum((l.value ->> 'duration')::interval)
      from jsonb_array_elements(p_offer -> 'slices') as l
    );
  return true;
exception when data_exception then
  return false;
end;
$_$;

ALTER FUNCTION engine.is_well_formed_offer(p_offer jsonb) OWNER TO skylatch_owner;

--
-- Name: learn_from_answer(public.booking_attempts, text, text, engine.outcome_rules, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_now timestamp with time zone) RETURNS public.booking_attempts
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_body jsonb := p_report -> 'body';
  v_order jsonb;
  v_ok boolean := p_verdict = 'OK';
begin
  if p_operation = 'create_order' and p_verdict in ('OK', 'REVIEW') then
    v_order := v_body -> 'data';
  elsif p_operation = 'create_order' and p_verdict = 'UNKNOWN' then
    v_attempt.order_hint := coalesce(v_body #>> '{data,id}', p_attempt.order_hint);
  elsif p_operation = 'find_order' and p_verdict in ('OK', 'REVIEW', 'FAIL')
    and p_report ->> 'error_code' <> 'several'
  then
    v_order := engine.found_order(p_attempt, v_body) -> 'order';
  elsif p_operation = 'get_offer' and v_ok then
    v_attempt.agreed_amount := (v_body #>> '{data,total_amount}')::numeric;
  elsif p_operation = 'create_payment' and v_ok then
    v_attempt.payment_intent_id := v_body ->> 'id';
  elsif p_operation in ('confirm_payment', 'read_authorization') and v_ok then
    v_attempt.capture_before := to_timestamp(
      (v_body #>> '{latest_charge,payment_method_details,card,capture_before}')::bigint
    );
  elsif p_operation in ('capture_payment', 'read_capture') and v_ok then
    v_attempt.captured_amount := p_attempt.agreed_amount;
  elsif p_operation in ('cancel_payment', 'read_void') and v_ok then
    v_attempt.voided_at := p_now;
  elsif p_operation = 'quote_cancellation' and v_ok then
    v_attempt.cancellation_id := v_body #>> '{data,id}';
    v_attempt.refund_amount := least(
      (v_body #>> '{data,refund_amount}')::numeric, p_attempt.captured_amount
    );
  elsif p_operation in ('confirm_cancellation', 'read_cancellation') and v_ok then
    v_attempt.order_cancelled_at := p_now;
  elsif p_operation in ('find_refunds', 'create_refund') and v_ok then
    v_attempt.refund_id := case p_operation
      when 'create_refund' then v_body ->> 'id'
      else engine.found_refund(p_attempt, v_body) #>> '{refund,id}'
    end;
    v_attempt.refunded_at := p_now;
  elsif p_verdict = 'REFUND' then
    -- Another refund under another key, of what was decided on, or of everything.
    v_attempt.refund_no := p_attempt.refund_no + 1;
    v_attempt.refund_amount := coalesce(
      nullif(p_attempt.refund_amount, 0), p_attempt.captured_amount
    );
    v_attempt.refunded_at := null;
  end if;
  if v_order is not null then
    v_attempt.order_id := v_order ->> 'id';
    v_attempt.booking_reference := v_order ->> 'booking_reference';
    v_attempt.order_cancelled_at := (v_order ->> 'cancelled_at')::timestamptz;
  end if;

  if p_verdict in ('VOID', 'RELEASE') then
    v_attempt.error_code := lower(p_verdict);
    v_attempt.error_message := 'Not booked: ' || (p_report ->> 'reason');
    v_attempt.trip_status_after := case p_verdict
      when 'VOID' then 'ACTION_REQUIRED' else 'PENDING'
    end;
    v_attempt.search_again_after := interval '0';
  elsif p_verdict in ('FAIL', 'RESEARCH', 'STOP', 'EXHAUSTED', 'CANCEL', 'REFUND')
    and v_attempt.error_message is null
    and p_attempt.status = 'PENDING'
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
  return v_attempt;
end;
$$;

ALTER FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: lease_calls(text, bigint[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_now timestamp with time zone) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  update engine.provider_calls as c
  set
    state = 'CLAIMED',
    worker = p_worker,
    epoch = c.epoch + 1,
    tries = c.tries + 1,
    claimed_at = p_now,
    first_claimed_at = coalesce(c.first_claimed_at, p_now),
    sent_at = null,
    lease_until = p_now + o.lease
  from engine.operations as o
  where c.id = any (p_ids) and c.state = 'READY' and o.operation = c.operation
  returning
    c.id, c.epoch, c.operation, c.trip_request_id, c.idempotency_key, o.marks_sent,
    engine.build_request(c);
end;
$$;

ALTER FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: lock_trip(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lock_trip(p_trip_id uuid) RETURNS public.trip_requests
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
begin
  select t.* into v_trip
  from public.trip_requests as t
  where t.id = p_trip_id
    and (
      engine.may_act_for(t.user_id) or session_user = 'skylatch_sidecar'
    )
  for no key update;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  return v_trip;
end;
$$;

ALTER FUNCTION engine.lock_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: booking_events; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.booking_events (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    user_id uuid NOT NULL,
    trip_request_id uuid NOT NULL,
    booking_attempt_id uuid,
    actor text NOT NULL,
    correlation_id text NOT NULL,
    from_state text,
    to_state text,
    reason text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE ONLY engine.booking_events FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.booking_events OWNER TO skylatch_owner;

--
-- Name: log_event(uuid, uuid, uuid, text, text, text, text, text, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_correlation_id text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO engine.booking_events (user_id, trip_request_id, booking_attempt_id, actor, correlation_id, from_state, to_state, reason, detail, at)
   VALUES (log_event.p_user_id, log_event.p_trip_id, log_event.p_attempt_id, log_event.p_actor, log_event.p_correlation_id, log_event.p_from_state, log_event.p_to_state, log_event.p_reason, log_event.p_detail, clock_timestamp());
END;

ALTER FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_correlation_id text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb) OWNER TO skylatch_owner;

--
-- Name: manage_monitor_job(text); Type: FUNCTION; Schema: engine; Owner: skylatch_cron
--

CREATE FUNCTION engine.manage_monitor_job(p_action text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_job jsonb;
begin
  if to_regnamespace('cron') is null then
    raise exception using
      errcode = 'SK303',
      message = 'pg_cron is not installed in this database',
      detail = jsonb_build_object('database', current_database()),
      hint = 'Deploy with pg_cron, or let the sidecar''s heartbeat run the monitor.';
  end if;
  if p_action = 'start' then
    perform cron.schedule(
      'auto_book_monitor', '*/10 * * * *', 'select public.auto_book_monitor()'
    );
  elsif p_action = 'stop' then
    perform cron.unschedule(j.jobid)
    from cron.job as j
    where j.jobname = 'auto_book_monitor' and j.username = current_user;
  end if;
  select to_jsonb(j) - 'nodename' - 'nodeport' into v_job
  from cron.job as j
  where j.jobname = 'auto_book_monitor' and j.username = current_user;
  return coalesce(
    v_job, jsonb_build_object('jobname', 'auto_book_monitor', 'active', false)
  );
end;
$$;

ALTER FUNCTION engine.manage_monitor_job(p_action text) OWNER TO skylatch_cron;

--
-- Name: mark_sent(bigint, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_call engine.provider_calls;
  v_trip public.trip_requests;
  v_attempt public.booking_attempts;
  v_reason text;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = v_call.user_id and t.id = v_call.trip_request_id
  for no key update;
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
  v_reason := coalesce(
    'booking is off: ' || engine.flag_problem(v_trip.user_id, v_now),
    case
      when v_trip.auto_book_status <> 'BOOKING'
        then 'the trip is ' || v_trip.auto_book_status
      when v_trip.version <> v_attempt.trip_version then 'the trip was changed'
      when engine.party_problem(v_trip.user_id, v_trip.id) is not null
        then 'a passenger is not complete'
      when v_attempt.agreed_amount > v_trip.max_price
        or v_attempt.currency <> v_trip.currency then 'the price is over the limit'
      when v_attempt.capture_before < v_now + interval '1 hour'
        then 'the card authorization is about to lapse'
      when not exists (
        select from public.flight_offers as o
        where o.user_id = v_attempt.user_id
          and o.id = v_attempt.flight_offer_id
          and o.expires_at > v_now
      ) then 'the offer has expired'
    end
  );
  if v_reason is null then
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
  update engine.provider_calls as c
  set
    state = 'DONE', verdict = 'STOP', error_code = 'stopped', lease_until = null,
    finished_at = v_now
  where c.id = p_call_id;
  perform engine.advance_attempt(
    v_attempt, v_call.operation, 'STOP', null::engine.outcome_rules,
    jsonb_build_object(
      'error_code', 'stopped', 'reason', 'Not ordered: ' || v_reason || '.'
    ),
    coalesce(v_call.worker, session_user), 'call:' || p_call_id, v_now
  );
  perform engine.wake_sidecar();
  return v_reason;
end;
$$;

ALTER FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) OWNER TO skylatch_owner;

--
-- Name: may_act_for(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.may_act_for(p_user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((p_user_id = auth.uid()) OR pg_has_role(CASE WHEN (current_setting('role'::text) = 'none'::text) THEN SESSION_USER ELSE (current_setting('role'::text))::name END, 'service_role'::name, 'usage'::text));

ALTER FUNCTION engine.may_act_for(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: monitor_status(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.monitor_status() RETURNS TABLE(job text, schedule text, active boolean, run_id bigint, started_at timestamp with time zone, duration interval, started_by text, claimed integer, skipped integer, expired integer, searches integer, reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_job jsonb := '{}'::jsonb;
begin
  if to_regnamespace('cron') is not null then
    v_job := engine.manage_monitor_job('status');
  end if;
  return query
  select
    'auto_book_monitor',
    v_job ->> 'schedule',
    coalesce((v_job ->> 'active')::boolean, false),
    r.id,
    r.started_at,
    r.finished_at - r.started_at,
    r.started_by,
    r.claimed,
    r.skipped,
    r.expired,
    r.searches,
    r.reason
  from (select 1) as one
  left join (
    select m.* from engine.monitor_runs as m order by m.id desc limit 20
  ) as r on true
  order by r.id desc;
end;
$$;

ALTER FUNCTION engine.monitor_status() OWNER TO skylatch_owner;

--
-- Name: note_breaker(text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_breaker(p_operation text, p_report jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_after smallint;
  v_status integer := (p_report ->> 'http_status')::integer;
begin
  select o.breaks_after into v_after
  from engine.operations as o where o.operation = p_operation;
  -- What recovery says about a worker that went away says nothing of the provider.
  if v_after is null or p_report ? 'recovered' then
    return;
  elsif v_status is null or v_status >= 500 then
    insert into engine.breakers as b (operation, failures, last_error, changed_at)
    values (p_operation, 1, coalesce(v_status::text, p_report ->> 'error_code'), p_now)
    on conflict (operation) do update
    set
      failures = b.failures + 1,
      last_error = excluded.last_error,
      changed_at = excluded.changed_at,
      open_until = case
        when b.failures + 1 >= v_after and coalesce(b.open_until, '-infinity') <= p_now
          then p_now + make_interval(
            secs => least(10 * power(2, least(b.failures + 1 - v_after, 10)), 300)
          )
        else b.open_until
      end;
  elsif exists (
    select from engine.breakers as b
    where b.operation = p_operation and b.failures > 0
  ) then
    update engine.breakers as b
    set failures = 0, open_until = null, changed_at = p_now
    where b.operation = p_operation;
  end if;
end;
$$;

ALTER FUNCTION engine.note_breaker(p_operation text, p_report jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_dispute(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_method(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_order(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_payment(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_refund(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nudge_attempt(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update engine.provider_calls as c
  set run_at = p_now
  where c.user_id = p_user_id
    and c.booking_attempt_id = p_attempt_id
    and c.object_id is null
    and c.state = 'READY'
    and c.run_at > p_now;
  if found then
    perform engine.wake_sidecar();
  end if;
end;
$$;

ALTER FUNCTION engine.nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: open_alerts(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.open_alerts() RETURNS TABLE(kind text, subject text, since timestamp with time zone, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select 'REVIEW_CASE', r.id::text, r.opened_at, r.kind || ' ' || r.object_id
  from engine.review_cases as r
  where r.resolved_at is null
  union all
  select 'INVARIANT', v.invariant || ': ' || v.subject, v.first_seen_at, v.detail
  from engine.invariant_violations as v
  where v.gone_at is null
  union all
  select
    'WATCH_SILENT', 'watch_invariants', c.checked_at, 'the invariants are not checked'
  from engine.invariant_checks as c
  where c.checked_at < v_now - interval '5 minutes'
  union all
  -- Where pg_cron never ran it is not missed: the sidecars do its work.
  select 'CRON_SILENT', 'recover', b.at, 'pg_cron does not run'
  from engine.cron_beat as b
  where b.at < v_now - interval '3 minutes'
  union all
  select
    'BREAKER_OPEN', b.operation, b.changed_at,
    format('%s failures in a row, the last %s', b.failures, b.last_error)
  from engine.breakers as b
  where b.open_until > v_now
  union all
  select
    'AUTHORIZATION_LAPSING', a.id::text, a.state_changed_at,
    format('%s; it lapses at %s', a.state, a.capture_before)
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.capture_before < v_now + interval '12 hours'
    and a.captured_amount is null
    and a.voided_at is null
  union all
  select
    'CALLS_WAITING', w.operation, min(w.due_at),
    format('%s calls are overdue', count(*))
  from (
    -- Two halves, each with its index.
    select c.operation, c.run_at as due_at
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.run_at < v_now - interval '5 minutes'
    union all
    select c.operation, c.run_at
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is null
      and c.run_at < v_now - interval '5 minutes'
    union all
    select c.operation, c.lease_until
    from engine.provider_calls as c
    where c.state in ('CLAIMED', 'SENT')
      and c.lease_until < v_now - interval '5 minutes'
  ) as w
  group by w.operation
  union all
  -- For a day. A search that ran out of tries or was overtaken is no news.
  select
    'CALLS_DEAD', c.operation, min(c.finished_at),
    format('%s calls ended without an answer', count(*))
  from engine.provider_calls as c
  where c.state = 'DEAD'
    and c.operation <> 'search'
    and c.finished_at > v_now - interval '1 day'
  group by c.operation;
end;
$$;

ALTER FUNCTION engine.open_alerts() OWNER TO skylatch_owner;

--
-- Name: open_case(text, text, public.booking_attempts, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_id bigint;
begin
  insert into engine.review_cases as r (
    kind, object_id, user_id, trip_request_id, booking_attempt_id, opened_at, summary,
    evidence, evidence_at
  )
  values (
    p_kind, p_object_id, p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id,
    p_now, p_summary, p_evidence, case when p_evidence <> '{}' then p_now end
  )
  on conflict (kind, object_id) where resolved_at is null do update
  set
    summary = excluded.summary,
    evidence = r.evidence || excluded.evidence,
    evidence_at = coalesce(excluded.evidence_at, r.evidence_at)
  returning r.id into v_id;
  perform pg_notify('skylatch_alerts', '');
  return v_id;
end;
$$;

ALTER FUNCTION engine.open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: traveler_profiles; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.traveler_profiles (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    title text,
    gender text,
    born_on date,
    email text,
    phone_number text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT traveler_profiles_born_on CHECK ((born_on > '1900-01-01'::date)),
    CONSTRAINT traveler_profiles_email CHECK ((email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text)),
    CONSTRAINT traveler_profiles_family_name CHECK ((family_name ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'::text)),
    CONSTRAINT traveler_profiles_gender CHECK ((gender = ANY (ARRAY['m'::text, 'f'::text]))),
    CONSTRAINT traveler_profiles_given_name CHECK ((given_name ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'::text)),
    CONSTRAINT traveler_profiles_phone_number CHECK ((phone_number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT traveler_profiles_title CHECK ((title = ANY (ARRAY['mr'::text, 'ms'::text, 'mrs'::text, 'miss'::text, 'dr'::text])))
);

ALTER TABLE ONLY public.traveler_profiles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.traveler_profiles OWNER TO skylatch_owner;

--
-- Name: trip_passengers; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.trip_passengers (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    trip_request_id uuid NOT NULL,
    traveler_profile_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.trip_passengers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.trip_passengers OWNER TO skylatch_owner;

--
-- Name: trip_party(uuid, uuid, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.trip_party(p_user_id uuid, p_trip_id uuid, p_last_day date) RETURNS TABLE(traveler_profile_id uuid, age integer, child_age integer, place bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 WITH party AS (
          SELECT f.id,
             (EXTRACT(year FROM age((trip_party.p_last_day)::timestamp with time zone, (f.born_on)::timestamp with time zone)))::integer AS age
            FROM (public.trip_passengers p
              JOIN public.traveler_profiles f ON (((p.user_id = f.user_id) AND (p.traveler_profile_id = f.id))))
           WHERE ((p.user_id = trip_party.p_user_id) AND (p.trip_request_id = trip_party.p_trip_id))
         ), keyed AS (
          SELECT party.id,
             party.age,
                 CASE
                     WHEN (party.age < 18) THEN party.age
                     ELSE NULL::integer
                 END AS child_age
            FROM party
         )
  SELECT k.id,
     k.age,
     k.child_age,
     row_number() OVER (PARTITION BY k.child_age ORDER BY k.id) AS row_number
    FROM keyed k;
END;

ALTER FUNCTION engine.trip_party(p_user_id uuid, p_trip_id uuid, p_last_day date) OWNER TO skylatch_owner;

--
-- Name: order_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) RETURNS TABLE(traveler_profile_id uuid, passenger_id text, infant_passenger_id text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH place AS (
          SELECT o.trip_request_id,
             (i_1.value ->> 'id'::text) AS id,
                 CASE
                     WHEN (((i_1.value ->> 'age'::text))::integer < 18) THEN ((i_1.value ->> 'age'::text))::integer
                     ELSE NULL::integer
                 END AS child_age,
             row_number() OVER (PARTITION BY
                 CASE
                     WHEN (((i_1.value ->> 'age'::text))::integer < 18) THEN ((i_1.value ->> 'age'::text))::integer
                     ELSE NULL::integer
                 END ORDER BY i_1.ordinality) AS place,
             (COALESCE((o.itinerary #>> ARRAY[((jsonb_array_length(o.itinerary) - 1))::text, 'segments'::text, '0'::text, 'departing_at'::text]), (o.departs_at)::text))::date AS last_day
            FROM (public.flight_offers o
              CROSS JOIN LATERAL jsonb_array_elements(o.passengers) WITH ORDINALITY i_1(value, ordinality))
           WHERE ((o.user_id = order_party.p_user_id) AND (o.id = order_party.p_flight_offer_id))
         ), taken AS (
          SELECT t.traveler_profile_id,
             p.id AS passenger_id,
             p.child_age,
             row_number() OVER (PARTITION BY (p.child_age IS NULL), (COALESCE(p.child_age, 99) < 2) ORDER BY p.child_age, p.place) AS nth
            FROM (place p
              JOIN LATERAL engine.trip_party(order_party.p_user_id, p.trip_request_id, p.last_day) t(traveler_profile_id, age, child_age, place) ON (((NOT (p.child_age IS DISTINCT FROM t.child_age)) AND (p.place = t.place))))
         )
  SELECT a.traveler_profile_id,
     a.passenger_id,
     i.passenger_id
    FROM (taken a
      LEFT JOIN taken i ON (((a.child_age IS NULL) AND (i.child_age < 2) AND (a.nth = i.nth))));
END;

ALTER FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) OWNER TO skylatch_owner;

--
-- Name: outcome_code(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_status integer := (p_report ->> 'http_status')::integer;
  v_body jsonb := p_report -> 'body';
  v_attempt public.booking_attempts;
  v_trip public.trip_requests;
  v_code text;
  v_provider text;
  v_observes boolean;
begin
  if v_status is null then
    return coalesce(p_report ->> 'error_code', 'no_answer');
  elsif jsonb_typeof(v_body) is distinct from 'object' then
    return 'unreadable';
  end if;
  select o.provider, o.observes into v_provider, v_observes
  from engine.operations as o where o.operation = p_call.operation;
  if v_status >= 400 then
    if v_provider = 'duffel' then
      select e.value ->> 'code' into v_code
      from jsonb_array_elements(
        case jsonb_typeof(v_body -> 'errors')
          when 'array' then v_body -> 'errors' else '[]'
        end
      ) as e
      left join engine.outcome_rules as r
        on r.operation = p_call.operation and r.error_code = e.value ->> 'code'
      order by r.error_code is not null
      limit 1;
    else
      v_code := coalesce(
        v_body #>> '{error,decline_code}', v_body #>> '{error,code}',
        v_body #>> '{error,type}'
      );
      if v_body #>> '{error,code}' = 'authentication_required' then
        v_code := 'authentication_required';
      end if;
    end if;
    return coalesce(v_code, 'no_code');
  end if;

  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
  case p_call.operation
    when 'search' then
      return case
        when jsonb_typeof(v_body -> 'offers') = 'array'
          and v_body #>> '{offer_request,id}' is not null then 'ok'
        else 'unreadable'
      end;
    when 'get_offer' then
      select t.* into v_trip
      from public.trip_requests as t
      where t.user_id = p_call.user_id and t.id = p_call.trip_request_id;
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.offer_id
          or not engine.is_well_formed_offer(v_body -> 'data') then 'unreadable'
        when v_body #>> '{data,total_currency}' <> v_attempt.currency
          then 'currency_changed'
        when engine.stripe_amount(
          (v_body #>> '{data,total_amount}')::numeric, v_attempt.currency
        ) is null then 'not_chargeable'
        when (v_body #>> '{data,total_amount}')::numeric
          > least(v_attempt.cap_amount, v_trip.max_price) then 'price_above_cap'
        when (v_body #>> '{data,expires_at}')::timestamptz < p_now + interval '1 minute'
          then 'expires_too_soon'
        else 'ok'
      end;
    when 'create_order' then
      return case
        when v_body #>> '{data,id}' is null
          or v_body #>> '{data,booking_reference}' is null then 'unreadable'
        when v_body #>> '{data,offer_id}' is distinct from v_attempt.offer_id
          or v_body #>> '{data,metadata,attempt_id}'
          is distinct from v_attempt.id::text then 'wrong_offer'
        when v_body #>> '{data,total_currency}' is distinct from v_attempt.currency
          or (v_body #>> '{data,total_amount}')::numeric
          is distinct from v_attempt.agreed_amount then 'amount_mismatch'
        else 'ok'
      end;
    when 'find_order' then
      return engine.found_order(v_attempt, v_body) ->> 'code';
    when 'quote_cancellation' then
      return case
        when v_body #>> '{data,id}' is null then 'unreadable'
        when v_body #>> '{data,refund_to}' is distinct from 'balance'
          or v_body #>> '{data,refund_currency}' is distinct from v_attempt.currency
          then 'refund_elsewhere'
        when (v_body #>> '{data,refund_amount}')::numeric >= v_attempt.min_refund
          then 'ok'
        else 'refund_too_low'
      end;
    when 'confirm_cancellation' then
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.cancellation_id
          or v_body #>> '{data,confirmed_at}' is null then 'unreadable'
        else 'ok'
      end;
    when 'read_cancellation' then
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.order_id then 'unreadable'
        when v_body #>> '{data,cancelled_at}' is null then 'not_cancelled'
        -- Cancelled by a quote that we have, or without money to give back.
        when v_attempt.refund_amount is not null or v_attempt.status <> 'SUCCESS'
          then 'ok'
        else 'refund_unknown'
      end;
    when 'find_refunds' then
      return engine.found_refund(v_attempt, v_body) ->> 'code';
    when 'create_refund' then
      return engine.found_refund(
        v_attempt, jsonb_build_object('refunds', jsonb_build_array(v_body))
      ) ->> 'code';
    else
      if v_observes then
        return 'ok';
      end if;
      return case
        when v_body ->> 'currency' is distinct from lower(v_attempt.currency)
          or (v_body ->> 'amount')::bigint is distinct from
          engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency)
          then 'amount_mismatch'
        when v_body ->> 'status' = 'succeeded'
          and (v_body ->> 'amount_received')::bigint
          is distinct from (v_body ->> 'amount')::bigint then 'amount_mismatch'
        else coalesce(v_body ->> 'status', 'unreadable')
      end;
  end case;
end;
$$;

ALTER FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: party_problem(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((count(*) < 1) OR (count(*) > 9)) THEN 'passengers'::text
             WHEN bool_or((f.born_on IS NULL)) THEN 'born_on'::text
             WHEN bool_or((f.title IS NULL)) THEN 'title'::text
             WHEN bool_or((f.gender IS NULL)) THEN 'gender'::text
             WHEN bool_or((f.email IS NULL)) THEN 'email'::text
             WHEN bool_or((f.phone_number IS NULL)) THEN 'phone_number'::text
             WHEN bool_and((p.age < 18)) THEN 'passengers'::text
             WHEN (count(*) FILTER (WHERE (p.age < 2)) > count(*) FILTER (WHERE (p.age >= 18))) THEN 'passengers'::text
             ELSE NULL::text
         END AS "case"
    FROM ((public.trip_requests t
      CROSS JOIN LATERAL engine.trip_party(t.user_id, t.id, COALESCE(t.return_to, (t.departure_to + (t.nights_max)::integer), t.departure_to)) p(traveler_profile_id, age, child_age, place))
      JOIN public.traveler_profiles f ON (((t.user_id = f.user_id) AND (p.traveler_profile_id = f.id))))
   WHERE ((t.user_id = party_problem.p_user_id) AND (t.id = party_problem.p_trip_id));
END;

ALTER FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: pin_flags(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.pin_flags(p_user_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_context text := engine.flag_context(p_user_id);
begin
  return (
    select
      jsonb_object_agg(f.flag, engine.evaluate_flag(f.flag, v_context) - 'detail')
    from unnest(
      array[
        'auto_booking_pipeline_enabled', 'auto_booking_emergency_disable',
        'advanced_filtering', 'price_optimization'
      ]
    ) as f (flag)
  );
end;
$$;

ALTER FUNCTION engine.pin_flags(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: plan_searches(public.trip_requests, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_searches(p_trip public.trip_requests, p_today date) RETURNS TABLE(ordinal integer, origin text, destination text, departure_date date, return_date date)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT (row_number() OVER (ORDER BY ((d.departs)::date), ((r.returns)::date) NULLS FIRST, o.code, t.code))::integer AS row_number,
     o.code,
     t.code,
     (d.departs)::date AS departs,
     (r.returns)::date AS returns
    FROM (((unnest((plan_searches.p_trip).origins) o(code)
      CROSS JOIN unnest((plan_searches.p_trip).destinations) t(code))
      CROSS JOIN generate_series((GREATEST((plan_searches.p_trip).departure_from, plan_searches.p_today))::timestamp without time zone, ((plan_searches.p_trip).departure_to)::timestamp without time zone, '1 day'::interval) d(departs))
      CROSS JOIN LATERAL ( SELECT NULL::timestamp without time zone AS "timestamp"
           WHERE (((plan_searches.p_trip).return_from IS NULL) AND ((plan_searches.p_trip).nights_min IS NULL))
         UNION ALL
          SELECT g.returns
            FROM generate_series(GREATEST((d.departs + make_interval(days => COALESCE(((plan_searches.p_trip).nights_min)::integer, 0))), COALESCE(((plan_searches.p_trip).return_from)::timestamp without time zone, d.departs)), LEAST((d.departs + make_interval(days => COALESCE(((plan_searches.p_trip).nights_max)::integer, 365))), COALESCE(((plan_searches.p_trip).return_to)::timestamp without time zone, 'infinity'::timestamp without time zone)), '1 day'::interval) g(returns)
           WHERE (((plan_searches.p_trip).return_from IS NOT NULL) OR ((plan_searches.p_trip).nights_min IS NOT NULL))) r(returns));
END;

ALTER FUNCTION engine.plan_searches(p_trip public.trip_requests, p_today date) OWNER TO skylatch_owner;

--
-- Name: plpython_handshake(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plpython_handshake() RETURNS jsonb
    LANGUAGE plpython3u STABLE
    AS $$
  import json, sys
  if "/usr/lib/skylatch/py/2" not in sys.path:
      sys.path.insert(0, "/usr/lib/skylatch/py/2")
  from skylatch_plpython.handshake import describe
  return json.dumps(describe())
$$;

ALTER FUNCTION engine.plpython_handshake() OWNER TO skylatch_owner;

--
-- Name: rank_trip(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.rank_trip(p_user_id uuid, p_trip_id uuid, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_eligible integer;
begin
  with judged as (
    select
      o.id,
      o.price_amount,
      o.duration,
      o.departs_at,
      o.offer_id,
      array_remove(
        array[
          case
            when o.price_currency <> t.currency then 'other_currency'
            when o.price_amount > t.max_price then 'price_above_cap'
            when engine.stripe_amount(o.price_amount, o.price_currency) is null
              then 'not_chargeable'
          end,
          case
            when o.most_connections > t.max_connections then 'too_many_connections'
          end,
          case when o.longest_slice > t.max_duration then 'too_long' end,
          case when o.carry_on_bags < t.carry_on_bags then 'carry_on_missing' end,
          case when o.checked_bags < t.checked_bags then 'checked_bags_missing' end,
          case when o.documents_required then 'documents_required' end,
          case
            when o.expires_at < p_now + interval '2 minutes' then 'expires_too_soon'
          end
        ],
        null
      ) as ineligible,
      o.price_amount / t.max_price as price_term,
      extract(epoch from o.duration) / extract(
        epoch from t.max_duration * jsonb_array_length(o.itinerary)
      ) as duration_term,
      coalesce(
        o.connections::numeric
        / nullif(t.max_connections * jsonb_array_length(o.itinerary), 0),
        0
      ) as connections_term,
      case
        when cardinality(t.preferred_airlines) = 0 then null
        when o.airline = any (t.preferred_airlines) then 0
        else 1
      end as airline_term
    from public.flight_offers as o
    inner join public.trip_requests as t
      on o.user_id = t.user_id and o.trip_request_id = t.id
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = t.search_round
      and o.status = 'ACTIVE'
  ),

  scored as (
    select
      j.*,
      round(
        (0.60 * j.price_term + 0.25 * j.duration_term + 0.15 * j.connections_term)
        * case when j.airline_term is null then 1 else 0.9 end
        + 0.10 * coalesce(j.airline_term, 0),
        9
      ) as score
    from judged as j
  ),

  ranked as (
    select
      s.*,
      case when s.ineligible = '{}' then
        row_number() over (
          partition by s.ineligible = '{}'
          order by s.score, s.price_amount, s.duration, s.departs_at, s.offer_id
        )
      end as place
    from scored as s
  )

  update public.flight_offers as o
  set
    rank = r.place,
    score = r.score,
    ineligible = r.ineligible,
    score_parts = jsonb_build_object(
      'price', round(r.price_term, 6),
      'duration', round(r.duration_term, 6),
      'connections', round(r.connections_term, 6),
      'airline', r.airline_term
    ),
    updated_at = p_now
  from ranked as r
  where o.user_id = p_user_id and o.id = r.id;

  select count(*) into v_eligible
  from public.flight_offers as o
  inner join public.trip_requests as t
    on o.user_id = t.user_id and o.trip_request_id = t.id
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = t.search_round
    and o.status = 'ACTIVE'
    and o.rank is not null;
  return v_eligible;
end;
$$;

ALTER FUNCTION engine.rank_trip(p_user_id uuid, p_trip_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: read_flags(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.read_flags(p_kind text, p_key text DEFAULT NULL::text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select
      json_build_object(
        'initialized', s.initialized,
        'generation', s.generation,
        'heartbeat_at', s.heartbeat_at,
        'source', s.source,
        'items', (
          select coalesce(json_object_agg(f.key, f.data order by f.key), '{}')
          from engine.flag_data as f
          where f.kind = p_kind and (p_key is null or f.key = p_key)
        )
      )
    from engine.flag_sync as s
  );
end;
$$;

ALTER FUNCTION engine.read_flags(p_kind text, p_key text) OWNER TO skylatch_owner;

--
-- Name: receive_sweep(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE sql
    RETURN 'not judged'::text;

ALTER FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: record_flag_usage(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_flag_usage() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_usage jsonb := engine.take_flag_usage();
begin
  if v_usage is not null then
    insert into engine.flag_usage_parts (day, flag, variation, reason, evaluations)
    select
      (clock_timestamp() at time zone 'UTC')::date,
      u.flag,
      u.variation,
      u.reason,
      u.evaluations
    from jsonb_to_recordset(v_usage)
      as u (flag text, variation bigint, reason text, evaluations bigint);
  end if;
end;
$$;

ALTER FUNCTION engine.record_flag_usage() OWNER TO skylatch_owner;

--
-- Name: recover(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.recover() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_recovered integer;
begin
  if session_user = 'skylatch_cron' then
    insert into engine.cron_beat as b (at)
    values (v_now)
    on conflict (only_row) do update set at = excluded.at;
  end if;
  -- Trips before offers: the order in which everybody locks them.
  v_recovered := engine.recover_calls(session_user, v_now);
  perform engine.expire_offers(v_now);
  perform engine.sum_flag_usage();
  return v_recovered;
end;
$$;

ALTER FUNCTION engine.recover() OWNER TO skylatch_owner;

--
-- Name: recover_calls(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.recover_calls(p_actor text, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_call record;
  v_recovered integer := 0;
begin
  for v_call in
    select c.trip_request_id, c.id, c.epoch, c.state
    from engine.provider_calls as c
    where c.state in ('CLAIMED', 'SENT') and c.lease_until < p_now
    union all
    select c.trip_request_id, c.id, c.epoch, c.state
    from engine.provider_calls as c
    inner join engine.operations as o on c.operation = o.operation
    where c.state = 'READY' and c.first_claimed_at < p_now - o.key_lasts
    order by 1, 2
    limit 1000
  loop
    begin
      perform engine.settle_call(
        v_call.id, v_call.epoch,
        jsonb_build_object(
          'recovered', true,
          'error_code', case v_call.state
            when 'SENT' then 'no_answer'
            when 'READY' then 'key_expired'
            else 'not_sent'
          end
        ),
        p_actor, p_now
      );
      v_recovered := v_recovered + 1;
    exception when others then
      -- One that cannot be settled must not keep the others from it, minute by minute.
      raise warning 'call % not recovered: % %', v_call.id, sqlstate, sqlerrm;
      if sqlstate not in ('40001', '40P01', '55P03') then
        perform engine.count_apply_failure(v_call.id, sqlerrm, p_actor, p_now);
      end if;
    end;
  end loop;
  if v_recovered > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_recovered;
end;
$$;

ALTER FUNCTION engine.recover_calls(p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: refuse_change(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'SK302',
    message = 'the audit is append-only',
    detail = jsonb_build_object('table', tg_table_name, 'operation', tg_op),
    hint = 'Add a new event that corrects the old one.';
end;
$$;

ALTER FUNCTION engine.refuse_change() OWNER TO skylatch_owner;

--
-- Name: refuse_runtime(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_runtime(p_versions jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'SK306',
    message = 'the server''s Python packages are of another version than this database',
    detail = p_versions,
    hint = 'Run make install where the server runs, deploy, and open new connections.';
end;
$$;

ALTER FUNCTION engine.refuse_runtime(p_versions jsonb) OWNER TO skylatch_owner;

--
-- Name: release_trip(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_again_at timestamptz := p_now + p_attempt.search_again_after;
  v_tries integer;
begin
  -- Not back to ACTIVE: an offer that was refused once is not tried again.
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id;
  if p_attempt.search_again_after = '0' then
    select count(*) into v_tries
    from public.booking_attempts as a
    where a.user_id = p_attempt.user_id
      and a.trip_request_id = p_attempt.trip_request_id
      and a.started_at > p_now - interval '1 hour';
    v_again_at := p_now + case when v_tries < 5 then interval '0' else '1 hour' end;
  end if;
  update public.trip_requests as t
  set
    auto_book_status = p_attempt.trip_status_after,
    status_reason = p_attempt.error_message,
    status_changed_at = p_now,
    next_search_at = v_again_at
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKING';
  if found
    and p_attempt.trip_status_after = 'PENDING'
    and v_again_at = p_now
    and engine.flag_problem(p_attempt.user_id, p_now) is null
  then
    perform engine.start_searches(array[p_attempt.trip_request_id], p_now);
    perform engine.wake_sidecar();
  end if;
end;
$$;

ALTER FUNCTION engine.release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: require_pipeline(uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_pipeline(p_user_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_problem text := engine.flag_problem(p_user_id, p_now);
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK201',
      message = 'automatic booking is switched off',
      detail = jsonb_build_object('reason', v_problem),
      hint = 'Nothing was searched or bought. Try again when the reason is gone.';
  end if;
end;
$$;

ALTER FUNCTION engine.require_pipeline(p_user_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: retry_at(text, integer, numeric, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (((o.waits IS NULL) AND (retry_at.p_tries >= o.max_tries)) OR ((o.waits IS NOT NULL) AND ((retry_at.p_tries > cardinality(o.waits)) OR (retry_at.p_deadline_at <= retry_at.p_now)))) THEN NULL::timestamp with time zone
             ELSE (retry_at.p_now + GREATEST((((0.5)::double precision + (random() / (2)::double precision)) * COALESCE(o.waits[retry_at.p_tries], make_interval(secs => LEAST(power((2)::double precision, ((retry_at.p_tries - 1))::double precision), (300)::double precision)))), make_interval(secs => (LEAST(COALESCE(retry_at.p_retry_after, (0)::numeric), (300)::numeric))::double precision)))
         END AS "case"
    FROM engine.operations o
   WHERE (o.operation = retry_at.p_operation);
END;

ALTER FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: run_monitor(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_due uuid[];
  v_allowed uuid[];
  v_reason text;
  v_expired integer := 0;
  v_searches integer := 0;
  v_run_id bigint;
begin
  -- 'auto_book_monitor' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302026) then
    v_reason := 'another tick is running';
  else
    update public.trip_requests as t
    set
      auto_book_status = 'EXPIRED',
      status_reason = 'The departure dates are over.',
      status_changed_at = p_now
    from (
      select o.user_id, o.id
      from public.trip_requests as o
      where o.auto_book_status in ('PENDING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED')
        and o.departure_to < (p_now - interval '12 hours')::date
      for no key update skip locked
    ) as over
    where t.user_id = over.user_id and t.id = over.id;
    get diagnostics v_expired = row_count;

    with due as materialized (
      select t.id, t.user_id
      from public.trip_requests as t
      where t.auto_book_status = 'PENDING'
        and t.auto_book_enabled
        and t.next_search_at <= p_now
        and exists (
          select from public.trip_passengers as p
          where p.user_id = t.user_id and p.trip_request_id = t.id
        )
      order by t.next_search_at
      limit 1000
      for no key update of t skip locked
    ),
    -- Once for each traveller, however many trips.
    gate as materialized (
      select u.user_id, engine.flag_problem(u.user_id, p_now) as problem
      from (select distinct d.user_id from due as d) as u
    )
    select array_agg(d.id), array_agg(d.id) filter (where g.problem is null),
      min(g.problem)
    into v_due, v_allowed, v_reason
    from due as d
    inner join gate as g on g.user_id = d.user_id;
    if v_allowed is not null then
      v_searches := engine.start_searches(v_allowed, p_now);
      perform engine.wake_sidecar();
    end if;
  end if;
  insert into engine.monitor_runs as r (
    started_at, finished_at, started_by, claimed, skipped, expired, searches, reason
  )
  values (
    p_now, clock_timestamp(), p_started_by, coalesce(cardinality(v_allowed), 0),
    coalesce(cardinality(v_due), 0) - coalesce(cardinality(v_allowed), 0), v_expired,
    v_searches, v_reason
  )
  returning r.id into v_run_id;
  perform engine.record_flag_usage();
  return v_run_id;
end;
$$;

ALTER FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: search_request(public.trip_requests, text, text, date, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT jsonb_build_object('slices', (jsonb_build_array(jsonb_build_object('origin', p_origin, 'destination', p_destination, 'departure_date', p_departure_date)) ||
         CASE
             WHEN (p_return_date IS NULL) THEN '[]'::jsonb
             ELSE jsonb_build_array(jsonb_build_object('origin', p_destination, 'destination', p_origin, 'departure_date', p_return_date))
         END), 'passengers', ( SELECT jsonb_agg(
                 CASE
                     WHEN (p.child_age IS NULL) THEN '{"type": "adult"}'::jsonb
                     ELSE jsonb_build_object('age', p.child_age)
                 END ORDER BY p.child_age NULLS FIRST, p.place) AS jsonb_agg
            FROM engine.trip_party((search_request.p_trip).user_id, (search_request.p_trip).id, COALESCE(search_request.p_return_date, search_request.p_departure_date)) p(traveler_profile_id, age, child_age, place)), 'cabin_class', (p_trip).cabin_class, 'max_connections', (p_trip).max_connections) AS jsonb_build_object;
END;

ALTER FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) OWNER TO skylatch_owner;

--
-- Name: search_trip(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_trip(p_trip_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_trip public.trip_requests;
  v_searches integer;
begin
  v_trip := engine.lock_trip(p_trip_id);
  perform engine.require_pipeline(v_trip.user_id, v_now);
  if v_trip.auto_book_status <> 'PENDING' then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object('trip', p_trip_id, 'status', v_trip.auto_book_status),
      hint = 'Only a pending trip is searched: resume it first.';
  end if;
  v_searches := engine.start_searches(array[p_trip_id], v_now);
  perform engine.record_flag_usage();
  perform engine.wake_sidecar();
  return v_searches;
end;
$$;

ALTER FUNCTION engine.search_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: set_kill_switch(boolean, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_role text := nullif(current_setting('role', true), 'none');
  v_actor text := session_user || coalesce(' as ' || nullif(v_role, session_user), '');
begin
  insert into engine.kill_switch as k (engaged, reason, set_by, set_at)
  values (p_engaged, p_reason, v_actor, v_now)
  on conflict (only_row) do update
  set
    engaged = excluded.engaged,
    reason = excluded.reason,
    set_by = excluded.set_by,
    set_at = excluded.set_at;
  insert into engine.kill_switch_changes (at, engaged, reason, set_by)
  values (v_now, p_engaged, p_reason, v_actor);
end;
$$;

ALTER FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) OWNER TO skylatch_owner;

--
-- Name: settle_call(bigint, integer, jsonb, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.settle_call(p_call_id bigint, p_epoch integer, p_report jsonb, p_actor text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_call engine.provider_calls;
  v_attempt public.booking_attempts;
  v_rule engine.outcome_rules;
  v_report jsonb;
  v_verdict text;
  v_stored integer;
  v_again_at timestamptz;
  v_observes boolean;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  perform from public.trip_requests as t
  where t.user_id = v_call.user_id and t.id = v_call.trip_request_id
  for no key update;
  -- An account-wide call has no trip to lock, and its own row keeps others off.
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id
  for no key update;
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id for update;
  if v_call.id is null then
    return null;
  end if;
  if v_call.epoch <> p_epoch
    or v_call.state not in ('CLAIMED', 'SENT')
    and (v_call.state <> 'READY' or p_report ->> 'error_code' <> 'key_expired')
    or v_call.attempt_epoch <> v_attempt.epoch and v_call.object_id is null
  then
    if v_call.operation = 'create_order'
      and v_attempt.state in ('ORDERING', 'ORDER_UNKNOWN')
      and p_report #>> '{body,data,id}' is not null
    then
      -- Too late to be believed as an answer, but it says where to look.
      update public.booking_attempts as a
      set order_hint = p_report #>> '{body,data,id}'
      where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id;
      perform engine.nudge_attempt(v_call.user_id, v_call.booking_attempt_id, p_now);
    end if;
    if v_call.user_id is null then
      return null;
    end if;
    perform engine.log_event(
      v_call.user_id, v_call.trip_request_id, v_call.booking_attempt_id, p_actor,
      'call:' || p_call_id, v_attempt.state, v_attempt.state,
      v_call.operation || ': a late report was ignored',
      jsonb_strip_nulls(
        jsonb_build_object(
          'http_status', p_report -> 'http_status',
          'request_id', p_report -> 'request_id',
          'object', coalesce(p_report #>> '{body,data,id}', p_report #>> '{body,id}'),
          'epoch', p_epoch
        )
      )
    );
    return null;
  end if;

  v_report := p_report
    || jsonb_build_object('error_code', engine.outcome_code(v_call, p_report, p_now));
  v_rule := engine.find_rule(
    v_call.operation, (v_report ->> 'http_status')::integer, v_report ->> 'error_code'
  );
  v_verdict := v_rule.verdict;
  perform engine.note_breaker(v_call.operation, v_report, p_now);
  select o.observes into v_observes
  from engine.operations as o where o.operation = v_call.operation;
  v_again_at := engine.retry_at(
    v_call.operation, v_call.tries, (v_report ->> 'retry_after')::numeric,
    v_attempt.deadline_at, p_now
  );
  if v_verdict = 'RETRY' and v_again_at is not null then
    update engine.provider_calls as c
    set
      state = 'READY',
      lease_until = null,
      sent_at = null,
      verdict = v_verdict,
      http_status = (v_report ->> 'http_status')::integer,
      error_code = v_report ->> 'error_code',
      request_id = v_report ->> 'request_id',
      run_at = v_again_at
    where c.id = p_call_id;
    return null;
  elsif v_verdict = 'RETRY'
    -- A provider repeats a failure under the same key: doing and reading in turns ends.
    or v_verdict = 'REDO' and v_again_at is null
  then
    v_verdict := 'EXHAUSTED';
  end if;
  update engine.provider_calls as c
  set
    state = case v_verdict
      when 'UNKNOWN' then 'UNKNOWN' when 'EXHAUSTED' then 'DEAD' else 'DONE'
    end,
    lease_until = null,
    finished_at = p_now,
    verdict = v_verdict,
    http_status = (v_report ->> 'http_status')::integer,
    error_code = v_report ->> 'error_code',
    request_id = v_report ->> 'request_id'
  where c.id = p_call_id;
  if v_rule.halts then
    perform engine.set_kill_switch(
      true, format('%s refused: %s', v_call.operation, v_report ->> 'error_code')
    );
  end if;

  if v_observes then
    if v_verdict = 'OK' then
      perform engine.apply_look(v_call, v_report, p_actor, p_now);
    end if;
    update engine.provider_calls as c
    set state = 'READY', again = false, tries = 0, run_at = p_now, finished_at = null
    where c.id = p_call_id and c.again;
    return null;
  elsif v_call.booking_attempt_id is not null then
    return engine.advance_attempt(
      v_attempt, v_call.operation, v_verdict, v_rule, v_report, p_actor,
      'call:' || p_call_id, p_now
    );
  end if;

  if v_verdict = 'OK' then
    v_stored := engine.ingest_offers(
      v_call.user_id, v_call.trip_request_id, (v_call.payload ->> 'round')::integer,
      v_call.payload -> 'request', v_report -> 'body', p_now
    );
  else
    update public.trip_requests as t
    set
      status_reason = coalesce(v_rule.reason, 'The airline search did not answer.'),
      next_search_at = greatest(
        t.next_search_at, p_now + coalesce(v_rule.search_again_after, '10 minutes')
      )
    where t.user_id = v_call.user_id
      and t.id = v_call.trip_request_id
      and t.auto_book_status = 'PENDING';
  end if;
  perform engine.log_event(
    v_call.user_id, v_call.trip_request_id, null, p_actor, 'call:' || p_call_id,
    null, null, format('search: %s', lower(v_verdict)),
    jsonb_strip_nulls(
      jsonb_build_object(
        'offers', v_stored,
        'http_status', v_report -> 'http_status',
        'error_code', v_report -> 'error_code',
        'request_id', v_report -> 'request_id'
      )
    )
  );
  return engine.decide_trip(
    v_call.user_id, v_call.trip_request_id, p_actor, p_now
  );
end;
$$;

ALTER FUNCTION engine.settle_call(p_call_id bigint, p_epoch integer, p_report jsonb, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: start_searches(uuid[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_searches integer;
begin
  update public.trip_requests as t
  set
    search_round = t.search_round + 1,
    last_searched_at = p_now,
    next_search_at = p_now + interval '10 minutes'
  where t.id = any (p_trips);

  -- Searches that nobody has taken yet would only repeat these: an outage of the sidecars
  -- must not end in a stampede.
  update engine.provider_calls as c
  set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
  where c.trip_request_id = any (p_trips)
    and c.user_id in (
      select t.user_id from public.trip_requests as t where t.id = any (p_trips)
    )
    and c.operation = 'search'
    and c.state = 'READY';

  insert into engine.provider_calls (
    user_id, trip_request_id, operation, payload, idempotency_key, run_at
  )
  select
    t.user_id,
    t.id,
    'search',
    jsonb_build_object(
      'round', t.search_round,
      'request', engine.search_request(
        t, s.origin, s.destination, s.departure_date, s.return_date
      )
    ),
    format('%s:search:%s:%s', t.id, t.search_round, s.ordinal),
    p_now
  from public.trip_requests as t
  cross join lateral engine.plan_searches(t, p_now::date) as s
  where t.id = any (p_trips);
  get diagnostics v_searches = row_count;
  return v_searches;
end;
$$;

ALTER FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: currencies; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.currencies (
    code text NOT NULL,
    name text NOT NULL,
    minor_digits smallint NOT NULL,
    stripe_factor integer NOT NULL,
    stripe_step integer DEFAULT 1 NOT NULL,
    CONSTRAINT currencies_code CHECK ((code ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT currencies_minor_digits CHECK (((minor_digits >= 0) AND (minor_digits <= 3))),
    CONSTRAINT currencies_stripe CHECK (((stripe_factor = ANY (ARRAY[1, 100, 1000])) AND (stripe_step > 0)))
);

ALTER TABLE ONLY engine.currencies FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.currencies OWNER TO skylatch_owner;

--
-- Name: stripe_amount(numeric, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ((stripe_amount.p_amount * (c.stripe_factor)::numeric))::bigint AS int8
    FROM engine.currencies c
   WHERE ((c.code = stripe_amount.p_currency) AND (stripe_amount.p_amount > (0)::numeric) AND (((stripe_amount.p_amount * (c.stripe_factor)::numeric) % (c.stripe_step)::numeric) = (0)::numeric));
END;

ALTER FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) OWNER TO skylatch_owner;

--
-- Name: sum_flag_usage(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.sum_flag_usage() RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 WITH taken AS (
          DELETE FROM engine.flag_usage_parts AS p
           RETURNING p.day,
             p.flag,
             p.variation,
             p.reason,
             p.evaluations
         )
  INSERT INTO engine.flag_usage AS u (day, flag, variation, reason, evaluations)  SELECT t.day,
             t.flag,
             t.variation,
             t.reason,
             sum(t.evaluations) AS sum
            FROM taken t
           GROUP BY t.day, t.flag, t.variation, t.reason
           ORDER BY t.day, t.flag, t.variation, t.reason ON CONFLICT(day, flag, variation, reason) DO UPDATE SET evaluations = (u.evaluations + excluded.evaluations);
END;

ALTER FUNCTION engine.sum_flag_usage() OWNER TO skylatch_owner;

--
-- Name: sync_flags(json, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.sync_flags(p_items json, p_source text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_now timestamptz := clock_timestamp();
  v_sync engine.flag_sync;
  v_generation bigint;
  v_changed integer;
begin
  if json_typeof(p_items) is distinct from 'object'
    or json_typeof(p_items -> 'features') is distinct from 'object'
    or json_typeof(p_items -> 'segments') is distinct from 'object'
  then
    raise exception using
      errcode = 'SK305',
      message = 'the flags are not in the form of LaunchDarkly''s',
      detail = jsonb_build_object('type', json_typeof(p_items)),
      hint = 'Send {"features": {"key": {...}}, "segments": {"key": {...}}}.';
  end if;
  select s.* into v_sync from engine.flag_sync as s for update;
  v_generation := nextval('engine.flag_generation');
  with incoming as materialized (
    select
      k.kind,
      i.key,
      i.value,
      case
        when json_typeof(i.value) = 'object' and i.value ->> 'version' ~ '^[0-9]{1,18}$'
        then (i.value ->> 'version')::bigint else 0
      end as version,
      case json_typeof(i.value) when 'object' then i.value ->> 'deleted' end
      is not distinct from 'true' as deleted
    from (values ('features'), ('segments')) as k (kind)
    cross join lateral json_each(p_items -> k.kind) as i (key, value)
  ),
  checked as materialized (
    select
      i.*,
      case when not i.deleted then engine.check_flag(i.kind, i.key, i.value::text) end
      as problem
    from incoming as i
  ),
  gone as (
    delete from engine.flag_data as f
    where not exists (
      select from checked as c where c.kind = f.kind and c.key = f.key
    )
    returning f.key
  ),
  written as (
    insert into engine.flag_data as f (
      kind, key, version, deleted, data, problem, generation, changed_at
    )
    select
      c.kind, c.key, c.version, c.deleted, c.value, c.problem, v_generation, v_now
    from checked as c
    on conflict (kind, key) do update
    set
      version = excluded.version,
      deleted = excluded.deleted,
      data = excluded.data,
      problem = excluded.problem,
      generation = excluded.generation,
      changed_at = excluded.changed_at
    where (f.version, f.deleted, f.data::text, f.problem)
      is distinct from
      (excluded.version, excluded.deleted, excluded.data::text, excluded.problem)
    returning f.key
  )
  select (select count(*) from gone) + (select count(*) from written) into v_changed;
  update engine.flag_sync as s
  set
    generation = case
      when v_changed > 0 or not s.initialized then v_generation else s.generation
    end,
    initialized = true,
    heartbeat_at = v_now,
    source = p_source
  returning s.* into v_sync;
  return jsonb_build_object(
    'generation', v_sync.generation,
    'changed', v_changed,
    'refused', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('kind', f.kind, 'key', f.key, 'problem', f.problem)
          order by f.kind, f.key
        ), '[]'
      )
      from engine.flag_data as f
      where f.problem is not null
    )
  );
end;
$_$;

ALTER FUNCTION engine.sync_flags(p_items json, p_source text) OWNER TO skylatch_owner;

--
-- Name: take_flag_usage(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.take_flag_usage() RETURNS jsonb
    LANGUAGE plpython3u
    AS $$
  runtime = GD.get("skylatch_flags_2")
  return runtime and runtime.take_usage()
$$;

ALTER FUNCTION engine.take_flag_usage() OWNER TO skylatch_owner;

--
-- Name: tick(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.tick() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    BEGIN ATOMIC
 SELECT engine.run_monitor((SESSION_USER)::text, clock_timestamp()) AS run_monitor;
END;

ALTER FUNCTION engine.tick() OWNER TO skylatch_owner;

--
-- Name: trip_events(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.trip_events(p_trip_id uuid) RETURNS TABLE(at timestamp with time zone, attempt_no integer, actor text, from_state text, to_state text, reason text, detail jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT e.at,
     a.attempt_no,
     e.actor,
     e.from_state,
     e.to_state,
     e.reason,
     e.detail
    FROM ((public.trip_requests t
      JOIN engine.booking_events e ON (((t.user_id = e.user_id) AND (t.id = e.trip_request_id))))
      LEFT JOIN public.booking_attempts a ON (((e.user_id = a.user_id) AND (e.booking_attempt_id = a.id))))
   WHERE ((t.id = trip_events.p_trip_id) AND engine.may_act_for(t.user_id))
   ORDER BY e.id;
END;

ALTER FUNCTION engine.trip_events(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: upsert_flag(text, json, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.upsert_flag(p_kind text, p_item json, p_source text) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_now timestamptz := clock_timestamp();
  v_key text;
  v_deleted boolean;
  v_generation bigint;
  v_stored boolean;
  v_data engine.flag_data;
begin
  if coalesce(p_kind, '') not in ('features', 'segments')
    or json_typeof(p_item) is distinct from 'object'
    or json_typeof(p_item -> 'key') is distinct from 'string'
    or coalesce(p_item ->> 'version', '') !~ '^[0-9]{1,18}$'
  then
    raise exception using
      errcode = 'SK305',
      message = 'the flags are not in the form of LaunchDarkly''s',
      detail = jsonb_build_object('kind', p_kind, 'type', json_typeof(p_item)),
      hint = 'Send features or segments, and {"key": ..., "version": ..., ...}.';
  end if;
  v_key := p_item ->> 'key';
  v_deleted := p_item ->> 'deleted' is not distinct from 'true';
  perform from engine.flag_sync as s for update;
  insert into engine.flag_data as f (
    kind, key, version, deleted, data, problem, generation, changed_at
  )
  values (
    p_kind, v_key, (p_item ->> 'version')::bigint, v_deleted, p_item,
    case when not v_deleted then engine.check_flag(p_kind, v_key, p_item::text) end,
    nextval('engine.flag_generation'), v_now
  )
  on conflict (kind, key) do update
  set
    version = excluded.version,
    deleted = excluded.deleted,
    data = excluded.data,
    problem = excluded.problem,
    generation = excluded.generation,
    changed_at = excluded.changed_at
  where f.version < excluded.version
  returning f.generation into v_generation;
  v_stored := found;
  update engine.flag_sync as s
  set
    generation = coalesce(v_generation, s.generation),
    heartbeat_at = v_now,
    source = p_source;
  select f.* into v_data
  from engine.flag_data as f where f.kind = p_kind and f.key = v_key;
  return json_build_object(
    'stored', v_stored,
    'generation', v_data.generation,
    'problem', v_data.problem,
    'item', v_data.data
  );
end;
$_$;

ALTER FUNCTION engine.upsert_flag(p_kind text, p_item json, p_source text) OWNER TO skylatch_owner;

--
-- Name: version(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.version() RETURNS text
    LANGUAGE sql STABLE
    RETURN '0.1.0'::text;

ALTER FUNCTION engine.version() OWNER TO skylatch_owner;

--
-- Name: wake_sidecar(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.wake_sidecar() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_url text;
begin
  perform pg_notify('skylatch_calls', '');
  select e.url into v_url from engine.endpoint as e;
  if v_url is not null
    and current_setting('pg_net.database_name', true) = current_database()
  then
    begin
      perform net.http_post(v_url, '{}'::jsonb, timeout_milliseconds := 1000);
    exception when others then
      raise warning 'wake-up skipped: %', sqlerrm;
    end;
  end if;
end;
$$;

ALTER FUNCTION engine.wake_sidecar() OWNER TO skylatch_owner;

--
-- Name: watch_invariants(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.watch_invariants() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_last engine.invariant_checks;
  -- The first looks a day back: a long past is for an operator's own check.
  v_since timestamptz := v_now - interval '1 day';
  v_known integer;
  v_present integer;
  v_attempt public.booking_attempts;
begin
  -- 'watch_invariants' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302027) then
    return null;
  end if;
  select c.* into v_last from engine.invariant_checks as c;
  if v_last.checked_at > v_now - interval '50 seconds' then
    return null;
  elsif v_last.checked_to is not null then
    v_since := v_last.checked_to - interval '5 minutes';
    if date_bin('10 minutes', v_last.checked_at, 'epoch')
      < date_bin('10 minutes', v_now, 'epoch')
    then
      select least(v_since, min(v.since)) into v_since
      from engine.invariant_violations as v
      where v.gone_at is null;
    end if;
  end if;

  select count(*)::integer into v_known
  from engine.invariant_violations as v
  where v.gone_at is null;
  insert into engine.invariant_violations as v (
    invariant, subject, detail, since, first_seen_at, last_seen_at
  )
  select c.invariant, c.subject, min(c.detail), max(c.since), v_now, v_now
  from engine.check_invariants(v_since) as c
  group by c.invariant, c.subject
  on conflict (invariant, subject) do update
  set
    detail = excluded.detail,
    since = excluded.since,
    last_seen_at = excluded.last_seen_at,
    gone_at = null;
  update engine.invariant_violations as v
  set gone_at = v_now
  where v.gone_at is null
    and v.last_seen_at < v_now
    and coalesce(v.since >= v_since, true);
  select count(*)::integer into v_present
  from engine.invariant_violations as v
  where v.gone_at is null;
  insert into engine.invariant_checks as c (checked_at, checked_to, violations)
  values (v_now, v_now, v_present)
  on conflict (only_row) do update
  set
    checked_at = excluded.checked_at,
    checked_to = excluded.checked_to,
    violations = excluded.violations;
  if v_present <> v_known then
    perform pg_notify('skylatch_alerts', '');
  end if;

  -- No hold lapses in silence. Once for an attempt: what a person closed stays closed.
  for v_attempt in
    select a.*
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
      and a.capture_before < v_now + interval '12 hours'
      and a.captured_amount is null
      and a.voided_at is null
      and not exists (
        select from engine.review_cases as r
        where r.kind = 'AUTHORIZATION_LAPSING' and r.object_id = a.id::text
      )
  loop
    perform engine.open_case(
      'AUTHORIZATION_LAPSING', v_attempt.id::text, v_attempt,
      format(
        '%s, and the card authorization lapses at %s', v_attempt.state,
        v_attempt.capture_before
      ),
      '{}', v_now
    );
  end loop;
  perform engine.close_case(r.kind, r.object_id, 'watch', 'decided', v_now)
  from engine.review_cases as r
  inner join public.booking_attempts as a
    on r.user_id = a.user_id and r.booking_attempt_id = a.id
  where r.kind = 'AUTHORIZATION_LAPSING'
    and r.resolved_at is null
    and (
      a.captured_amount is not null
      or a.voided_at is not null
      or a.state in ('CONFIRMED', 'FAILED', 'CANCELLED')
    );
  return v_present;
end;
$$;

ALTER FUNCTION engine.watch_invariants() OWNER TO skylatch_owner;

--
-- Name: auto_book_monitor(); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.auto_book_monitor() RETURNS bigint
    LANGUAGE sql
    RETURN engine.tick();

ALTER FUNCTION public.auto_book_monitor() OWNER TO skylatch_owner;

--
-- Name: auto_book_production(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.auto_book_production(p_trip_id uuid) RETURNS uuid
    LANGUAGE sql
    RETURN engine.book_trip(p_trip_id);

ALTER FUNCTION public.auto_book_production(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: cancel_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.cancel_trip(p_trip_id uuid) RETURNS text
    LANGUAGE sql
    RETURN engine.change_trip_status(p_trip_id, 'cancel'::text);

ALTER FUNCTION public.cancel_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: create_trip_request(text[], text[], date, numeric, text, uuid[], date, date, date, integer, integer, text, integer, interval, integer, integer, text[], uuid, boolean, text, uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date DEFAULT NULL::date, p_return_from date DEFAULT NULL::date, p_return_to date DEFAULT NULL::date, p_nights_min integer DEFAULT NULL::integer, p_nights_max integer DEFAULT NULL::integer, p_cabin_class text DEFAULT 'economy'::text, p_max_connections integer DEFAULT 1, p_max_duration interval DEFAULT '24:00:00'::interval, p_carry_on_bags integer DEFAULT 0, p_checked_bags integer DEFAULT 0, p_preferred_airlines text[] DEFAULT '{}'::text[], p_payment_method_id uuid DEFAULT NULL::uuid, p_auto_book_enabled boolean DEFAULT false, p_consent_text_version text DEFAULT NULL::text, p_user_id uuid DEFAULT auth.uid()) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip_id uuid := gen_random_uuid();
begin
  if cardinality(p_passengers) > (
    select count(distinct p.id) from unnest(p_passengers) as p (id)
  ) then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object('field', 'passengers', 'value', p_passengers),
      column = 'passengers',
      hint = 'Name every passenger once.';
  end if;
  insert into public.trip_requests (
    user_id, id, origins, destinations, departure_from, departure_to, return_from,
    return_to, nights_min, nights_max, cabin_class, max_price, currency,
    max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines,
    payment_method_id, auto_book_enabled, consent_text_version
  )
  values (
    p_user_id, v_trip_id, p_origins, p_destinations, p_departure_from,
    coalesce(p_departure_to, p_departure_from), p_return_from,
    coalesce(p_return_to, p_return_from), p_nights_min, p_nights_max, p_cabin_class,
    p_max_price, p_currency, p_max_connections, p_max_duration, p_carry_on_bags,
    p_checked_bags, p_preferred_airlines, p_payment_method_id, p_auto_book_enabled,
    p_consent_text_version
  );
  insert into public.trip_passengers (user_id, trip_request_id, traveler_profile_id)
  select p_user_id, v_trip_id, p.id
  from unnest(p_passengers) as p (id);
  perform engine.check_trip_party(p_user_id, v_trip_id);
  return v_trip_id;
end;
$$;

ALTER FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: duffel_search(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.duffel_search(p_trip_id uuid) RETURNS integer
    LANGUAGE sql
    RETURN engine.search_trip(p_trip_id);

ALTER FUNCTION public.duffel_search(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: manage_auto_book_monitor(text); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.manage_auto_book_monitor(p_action text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_action = 'trigger' then
    return jsonb_build_object('run', public.auto_book_monitor());
  elsif p_action in ('start', 'stop', 'status') then
    return engine.manage_monitor_job(p_action);
  end if;
  raise exception using
    errcode = 'SK012',
    message = 'unknown action',
    detail = jsonb_build_object('field', 'p_action', 'value', p_action),
    column = 'p_action',
    hint = 'Use start, stop, status or trigger.';
end;
$$;

ALTER FUNCTION public.manage_auto_book_monitor(p_action text) OWNER TO skylatch_owner;

--
-- Name: pause_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.pause_trip(p_trip_id uuid) RETURNS text
    LANGUAGE sql
    RETURN engine.change_trip_status(p_trip_id, 'pause'::text);

ALTER FUNCTION public.pause_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: rank_offers(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.rank_offers(p_trip_id uuid) RETURNS TABLE(rank integer, offer_id text, airline text, price_amount numeric, price_currency text, duration interval, connections smallint, departs_at timestamp with time zone, score numeric, score_parts jsonb, ineligible text[])
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT o.rank,
     o.offer_id,
     o.airline,
     o.price_amount,
     o.price_currency,
     o.duration,
     o.connections,
     o.departs_at,
     o.score,
     o.score_parts,
     o.ineligible
    FROM (public.flight_offers o
      JOIN public.trip_requests t ON (((o.user_id = t.user_id) AND (o.trip_request_id = t.id))))
   WHERE ((t.id = rank_offers.p_trip_id) AND (o.search_round = t.search_round))
   ORDER BY o.rank, o.price_amount, o.offer_id;
END;

ALTER FUNCTION public.rank_offers(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: resume_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.resume_trip(p_trip_id uuid) RETURNS text
    LANGUAGE sql
    RETURN engine.change_trip_status(p_trip_id, 'resume'::text);

ALTER FUNCTION public.resume_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: trip_saga(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.trip_saga(p_trip_id uuid) RETURNS TABLE(at timestamp with time zone, attempt_no integer, actor text, from_state text, to_state text, reason text, detail jsonb)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT e.at,
     e.attempt_no,
     e.actor,
     e.from_state,
     e.to_state,
     e.reason,
     e.detail
    FROM engine.trip_events(trip_saga.p_trip_id) e(at, attempt_no, actor, from_state, to_state, reason, detail);
END;

ALTER FUNCTION public.trip_saga(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: users; Type: TABLE; Schema: auth; Owner: skylatch_owner
--

CREATE TABLE auth.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY auth.users FORCE ROW LEVEL SECURITY;

ALTER TABLE auth.users OWNER TO skylatch_owner;

--
-- Name: _yoyo_log; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine._yoyo_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);

ALTER TABLE engine._yoyo_log OWNER TO skylatch_owner;

--
-- Name: _yoyo_migration; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine._yoyo_migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);

ALTER TABLE engine._yoyo_migration OWNER TO skylatch_owner;

--
-- Name: _yoyo_version; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);

ALTER TABLE engine._yoyo_version OWNER TO skylatch_owner;

--
-- Name: airline_alliances; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.airline_alliances (
    airline text NOT NULL,
    alliance text NOT NULL,
    CONSTRAINT airline_alliances_airline CHECK ((airline ~ '^[A-Z0-9]{2}$'::text)),
    CONSTRAINT airline_alliances_alliance CHECK ((alliance = ANY (ARRAY['oneworld'::text, 'skyteam'::text, 'star_alliance'::text])))
);

ALTER TABLE ONLY engine.airline_alliances FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.airline_alliances OWNER TO skylatch_owner;

--
-- Name: airports; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.airports (
    iata text NOT NULL,
    name text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    time_zone text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    CONSTRAINT airports_iata CHECK ((iata ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY engine.airports FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.airports OWNER TO skylatch_owner;

--
-- Name: booking_events_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.booking_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.booking_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: cron_beat; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.cron_beat (
    only_row boolean DEFAULT true NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT cron_beat_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.cron_beat FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.cron_beat OWNER TO skylatch_owner;

--
-- Name: endpoint; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.endpoint (
    only_row boolean DEFAULT true NOT NULL,
    url text NOT NULL,
    CONSTRAINT endpoint_only_row CHECK (only_row),
    CONSTRAINT endpoint_url CHECK ((url ~ '^https?://[^/@]+/wake$'::text))
);

ALTER TABLE ONLY engine.endpoint FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.endpoint OWNER TO skylatch_owner;

--
-- Name: event_effects; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.event_effects (
    provider text NOT NULL,
    type text NOT NULL,
    effect text NOT NULL,
    operation text,
    CONSTRAINT event_effects_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text])))
);

ALTER TABLE ONLY engine.event_effects FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.event_effects OWNER TO skylatch_owner;

--
-- Name: exchange_rates; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.exchange_rates (
    base text NOT NULL,
    quote text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    rate numeric NOT NULL,
    source text NOT NULL,
    CONSTRAINT exchange_rates_pair CHECK ((base <> quote)),
    CONSTRAINT exchange_rates_rate CHECK (((rate > (0)::numeric) AND (rate < (1000000000)::numeric)))
);

ALTER TABLE ONLY engine.exchange_rates FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.exchange_rates OWNER TO skylatch_owner;

--
-- Name: fare_looks; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.fare_looks (
    search_key text NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    offers integer NOT NULL,
    cheapest public.money_amount,
    currency text
);

ALTER TABLE ONLY engine.fare_looks FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.fare_looks OWNER TO skylatch_owner;

--
-- Name: flag_generation; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

CREATE SEQUENCE engine.flag_generation
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE engine.flag_generation OWNER TO skylatch_owner;

--
-- Name: flag_usage_parts_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_usage_parts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.flag_usage_parts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: history; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.history (
    only_row boolean DEFAULT true NOT NULL,
    system_identifier bigint NOT NULL,
    timeline text NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    CONSTRAINT history_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.history FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.history OWNER TO skylatch_owner;

--
-- Name: invariant_checks; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.invariant_checks (
    only_row boolean DEFAULT true NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    checked_to timestamp with time zone NOT NULL,
    violations integer NOT NULL,
    CONSTRAINT invariant_checks_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.invariant_checks FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.invariant_checks OWNER TO skylatch_owner;

--
-- Name: invariant_violations; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.invariant_violations (
    invariant text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    since timestamp with time zone,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    gone_at timestamp with time zone
);

ALTER TABLE ONLY engine.invariant_violations FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.invariant_violations OWNER TO skylatch_owner;

--
-- Name: kill_switch; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.kill_switch (
    only_row boolean DEFAULT true NOT NULL,
    engaged boolean DEFAULT false NOT NULL,
    reason text,
    set_by text DEFAULT CURRENT_USER NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT kill_switch_only_row CHECK (only_row),
    CONSTRAINT kill_switch_reason CHECK (((NOT engaged) OR (reason IS NOT NULL)))
);

ALTER TABLE ONLY engine.kill_switch FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.kill_switch OWNER TO skylatch_owner;

--
-- Name: kill_switch_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.kill_switch_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    engaged boolean NOT NULL,
    reason text,
    set_by text NOT NULL
);

ALTER TABLE ONLY engine.kill_switch_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.kill_switch_changes OWNER TO skylatch_owner;

--
-- Name: kill_switch_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.kill_switch_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.kill_switch_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: metropolitan_areas; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.metropolitan_areas (
    iata text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    airports text[] NOT NULL,
    CONSTRAINT metropolitan_areas_airports CHECK ((cardinality(airports) > 0)),
    CONSTRAINT metropolitan_areas_iata CHECK ((iata ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY engine.metropolitan_areas FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.metropolitan_areas OWNER TO skylatch_owner;

--
-- Name: monitor_runs; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.monitor_runs (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    started_by text NOT NULL,
    claimed integer NOT NULL,
    skipped integer NOT NULL,
    expired integer NOT NULL,
    searches integer NOT NULL,
    reason text,
    CONSTRAINT monitor_runs_counts CHECK (((claimed >= 0) AND (skipped >= 0) AND (expired >= 0) AND (searches >= 0)))
);

ALTER TABLE ONLY engine.monitor_runs FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.monitor_runs OWNER TO skylatch_owner;

--
-- Name: monitor_runs_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.monitor_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.monitor_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: provider_calls_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.provider_calls ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.provider_calls_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: provider_events; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.provider_events (
    provider text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    object_id text NOT NULL,
    hints jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    received_by text NOT NULL,
    state text DEFAULT 'RECEIVED'::text NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    applied_at timestamp with time zone,
    outcome text,
    CONSTRAINT provider_events_applied CHECK (((state = 'RECEIVED'::text) = (applied_at IS NULL))),
    CONSTRAINT provider_events_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text]))),
    CONSTRAINT provider_events_received_by CHECK ((received_by = ANY (ARRAY['webhook'::text, 'sweep'::text]))),
    CONSTRAINT provider_events_state CHECK ((state = ANY (ARRAY['RECEIVED'::text, 'APPLIED'::text, 'IGNORED'::text, 'DEAD'::text])))
);

ALTER TABLE ONLY engine.provider_events FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.provider_events OWNER TO skylatch_owner;

--
-- Name: quarantined_offers; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.quarantined_offers (
    user_id uuid NOT NULL,
    id bigint NOT NULL,
    trip_request_id uuid NOT NULL,
    search_round integer NOT NULL,
    offer_request_id text,
    offer_id text,
    reason text NOT NULL,
    offer text NOT NULL,
    quarantined_at timestamp with time zone NOT NULL,
    CONSTRAINT quarantined_offers_offer CHECK ((length(offer) <= 20000))
);

ALTER TABLE ONLY engine.quarantined_offers FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.quarantined_offers OWNER TO skylatch_owner;

--
-- Name: quarantined_offers_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.quarantined_offers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.quarantined_offers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: refused_events; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.refused_events (
    provider text NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT refused_events_refused CHECK ((refused > 0))
);

ALTER TABLE ONLY engine.refused_events FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.refused_events OWNER TO skylatch_owner;

--
-- Name: review_actions; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.review_actions (
    id bigint NOT NULL,
    review_case_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    outcome text NOT NULL,
    CONSTRAINT review_actions_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.review_actions FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.review_actions OWNER TO skylatch_owner;

--
-- Name: review_actions_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.review_actions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.review_actions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: review_cases_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.review_cases ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.review_cases_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: saga_states; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.saga_states (
    state text NOT NULL,
    is_final boolean NOT NULL,
    is_parked boolean NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT saga_states_one_rest CHECK ((NOT (is_final AND is_parked)))
);

ALTER TABLE ONLY engine.saga_states FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.saga_states OWNER TO skylatch_owner;

--
-- Name: saga_transitions; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.saga_transitions (
    state text NOT NULL,
    verdict text NOT NULL,
    next_state text NOT NULL,
    next_operation text,
    CONSTRAINT saga_transitions_verdict CHECK ((verdict = ANY (ARRAY['OK'::text, 'REDO'::text, 'FAIL'::text, 'RESEARCH'::text, 'UNKNOWN'::text, 'REVIEW'::text, 'EXHAUSTED'::text, 'STOP'::text, 'ADOPT'::text, 'VOID'::text, 'RELEASE'::text, 'CANCEL'::text, 'REFUND'::text, 'RESUME'::text, 'REOPEN'::text, 'FREEZE'::text])))
);

ALTER TABLE ONLY engine.saga_transitions FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.saga_transitions OWNER TO skylatch_owner;

--
-- Name: scans; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.scans (
    scan text NOT NULL,
    provider text NOT NULL,
    scanned_to timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    found integer DEFAULT 0 NOT NULL,
    CONSTRAINT scans_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text]))),
    CONSTRAINT scans_scan CHECK ((scan = ANY (ARRAY['orders'::text, 'payments'::text, 'order_events'::text, 'payment_events'::text])))
);

ALTER TABLE ONLY engine.scans FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.scans OWNER TO skylatch_owner;

--
-- Name: search_settings; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.search_settings (
    only_row boolean DEFAULT true NOT NULL,
    searches_per_minute integer DEFAULT 30 NOT NULL,
    fresh_for interval DEFAULT '00:10:00'::interval NOT NULL,
    keep_offers_for interval DEFAULT '30 days'::interval NOT NULL,
    rate_max_age interval DEFAULT '24:00:00'::interval NOT NULL,
    CONSTRAINT search_settings_only_row CHECK (only_row),
    CONSTRAINT search_settings_values CHECK ((((searches_per_minute >= 1) AND (searches_per_minute <= 100000)) AND ((fresh_for >= '00:00:00'::interval) AND (fresh_for <= '01:00:00'::interval)) AND ((keep_offers_for >= '1 day'::interval) AND (keep_offers_for <= '10 years'::interval)) AND ((rate_max_age >= '00:01:00'::interval) AND (rate_max_age <= '30 days'::interval))))
);

ALTER TABLE ONLY engine.search_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.search_settings OWNER TO skylatch_owner;

--
-- Name: trip_searches; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.trip_searches (
    user_id uuid NOT NULL,
    trip_request_id uuid NOT NULL,
    ordinal smallint NOT NULL,
    origin text NOT NULL,
    destination text NOT NULL,
    departure_date date NOT NULL,
    return_date date,
    search_key text NOT NULL,
    searches integer DEFAULT 0 NOT NULL,
    last_looked_at timestamp with time zone,
    last_searched_at timestamp with time zone,
    cheapest public.money_amount,
    currency text,
    volatility real DEFAULT 0 NOT NULL,
    next_look_at timestamp with time zone NOT NULL,
    CONSTRAINT trip_searches_counts CHECK (((searches >= 0) AND (volatility >= (0)::double precision))),
    CONSTRAINT trip_searches_fare CHECK (((cheapest IS NULL) = (currency IS NULL)))
);

ALTER TABLE ONLY engine.trip_searches FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.trip_searches OWNER TO skylatch_owner;

--
-- Name: wait_decisions; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.wait_decisions (
    user_id uuid NOT NULL,
    id bigint NOT NULL,
    trip_request_id uuid NOT NULL,
    search_round integer NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    price public.money_amount NOT NULL,
    currency text NOT NULL,
    fall_chance real,
    expected_saving numeric,
    samples integer NOT NULL,
    decide_by timestamp with time zone,
    CONSTRAINT wait_decisions_chance CHECK (((fall_chance >= (0)::double precision) AND (fall_chance <= (1)::double precision))),
    CONSTRAINT wait_decisions_decision CHECK ((decision = ANY (ARRAY['BUY'::text, 'WAIT'::text])))
);

ALTER TABLE ONLY engine.wait_decisions FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.wait_decisions OWNER TO skylatch_owner;

--
-- Name: wait_decisions_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.wait_decisions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.wait_decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: workers; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.workers (
    worker text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY engine.workers FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.workers OWNER TO skylatch_owner;

--
-- Name: yoyo_lock; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);

ALTER TABLE engine.yoyo_lock OWNER TO skylatch_owner;

--
-- Name: auto_book_monitor_status; Type: VIEW; Schema: public; Owner: skylatch_owner
--

CREATE VIEW public.auto_book_monitor_status WITH (security_invoker='true') AS
 SELECT s.job,
    s.schedule,
    s.active,
    s.run_id,
    s.started_at,
    s.duration,
    s.started_by,
    s.claimed,
    s.skipped,
    s.expired,
    s.searches,
    s.reason
   FROM engine.monitor_status() s(job, schedule, active, run_id, started_at, duration, started_by, claimed, skipped, expired, searches, reason);

ALTER TABLE public.auto_book_monitor_status OWNER TO skylatch_owner;

--
-- Name: booking_passengers; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.booking_passengers (
    user_id uuid NOT NULL,
    flight_booking_id uuid NOT NULL,
    traveler_profile_id uuid NOT NULL,
    passenger_id text NOT NULL
);

ALTER TABLE ONLY public.booking_passengers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.booking_passengers OWNER TO skylatch_owner;

--
-- Name: fare_history; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.fare_history (
    user_id uuid NOT NULL,
    id bigint NOT NULL,
    trip_request_id uuid NOT NULL,
    search_round integer NOT NULL,
    searched_at timestamp with time zone NOT NULL,
    origin text NOT NULL,
    destination text NOT NULL,
    departure_date date NOT NULL,
    return_date date,
    offers integer NOT NULL,
    malformed integer DEFAULT 0 NOT NULL,
    currency text,
    cheapest public.money_amount,
    median public.money_amount,
    CONSTRAINT fare_history_counts CHECK (((offers >= 0) AND (malformed >= 0)))
);

ALTER TABLE ONLY public.fare_history FORCE ROW LEVEL SECURITY;

ALTER TABLE public.fare_history OWNER TO skylatch_owner;

--
-- Name: fare_history_id_seq; Type: SEQUENCE; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.fare_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fare_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: flag_overview; Type: VIEW; Schema: public; Owner: skylatch_owner
--

CREATE VIEW public.flag_overview WITH (security_invoker='true') AS
 SELECT s.flag,
    s.version,
    s.is_on,
    s.problem,
    s.generation,
    s.changed_at,
    s.age,
    s.is_stale,
    s.source,
    s.served
   FROM engine.flag_status() s(flag, version, is_on, problem, generation, changed_at, age, is_stale, source, served);

ALTER TABLE public.flag_overview OWNER TO skylatch_owner;

--
-- Name: flight_bookings; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.flight_bookings (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_request_id uuid NOT NULL,
    booking_attempt_id uuid NOT NULL,
    flight_offer_id uuid NOT NULL,
    offer_id text NOT NULL,
    order_id text NOT NULL,
    payment_intent_id text NOT NULL,
    booking_reference text NOT NULL,
    price public.money_amount NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    status text DEFAULT 'CONFIRMED'::text NOT NULL,
    cancelled_at timestamp with time zone,
    refund_amount public.money_amount,
    attention text,
    CONSTRAINT flight_bookings_cancelled CHECK (((status = 'CONFIRMED'::text) = (cancelled_at IS NULL))),
    CONSTRAINT flight_bookings_status CHECK ((status = ANY (ARRAY['CONFIRMED'::text, 'CANCELLED'::text, 'REFUNDED'::text])))
);

ALTER TABLE ONLY public.flight_bookings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.flight_bookings OWNER TO skylatch_owner;

--
-- Name: payment_methods; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.payment_methods (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    stripe_customer_id text NOT NULL,
    stripe_payment_method_id text NOT NULL,
    brand text NOT NULL,
    last4 text NOT NULL,
    exp_month smallint NOT NULL,
    exp_year smallint NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    detached_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_methods_brand CHECK ((brand ~ '^[a-z_]{2,20}$'::text)),
    CONSTRAINT payment_methods_exp_month CHECK (((exp_month >= 1) AND (exp_month <= 12))),
    CONSTRAINT payment_methods_exp_year CHECK (((exp_year >= 2000) AND (exp_year <= 2100))),
    CONSTRAINT payment_methods_last4 CHECK ((last4 ~ '^[0-9]{4}$'::text)),
    CONSTRAINT payment_methods_stripe_customer_id CHECK ((stripe_customer_id ~ '^cus_\w+$'::text)),
    CONSTRAINT payment_methods_stripe_payment_method_id CHECK ((stripe_payment_method_id ~ '^pm_\w+$'::text))
);

ALTER TABLE ONLY public.payment_methods FORCE ROW LEVEL SECURITY;

ALTER TABLE public.payment_methods OWNER TO skylatch_owner;

--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: auth; Owner: skylatch_owner
--

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

--
-- Name: _yoyo_log _yoyo_log_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);

--
-- Name: _yoyo_migration _yoyo_migration_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine._yoyo_migration
    ADD CONSTRAINT _yoyo_migration_pkey PRIMARY KEY (migration_hash);

--
-- Name: _yoyo_version _yoyo_version_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);

--
-- Name: airline_alliances airline_alliances_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.airline_alliances
    ADD CONSTRAINT airline_alliances_pkey PRIMARY KEY (airline);

--
-- Name: airports airports_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.airports
    ADD CONSTRAINT airports_pkey PRIMARY KEY (iata);

--
-- Name: booking_events booking_events_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.booking_events
    ADD CONSTRAINT booking_events_pkey PRIMARY KEY (id);

--
-- Name: breakers breakers_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.breakers
    ADD CONSTRAINT breakers_pkey PRIMARY KEY (operation);

--
-- Name: cron_beat cron_beat_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.cron_beat
    ADD CONSTRAINT cron_beat_pkey PRIMARY KEY (only_row);

--
-- Name: currencies currencies_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.currencies
    ADD CONSTRAINT currencies_pkey PRIMARY KEY (code);

--
-- Name: endpoint endpoint_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.endpoint
    ADD CONSTRAINT endpoint_pkey PRIMARY KEY (only_row);

--
-- Name: event_effects event_effects_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.event_effects
    ADD CONSTRAINT event_effects_pkey PRIMARY KEY (provider, type);

--
-- Name: exchange_rates exchange_rates_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_pkey PRIMARY KEY (base, quote, as_of);

--
-- Name: fare_looks fare_looks_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.fare_looks
    ADD CONSTRAINT fare_looks_pkey PRIMARY KEY (search_key);

--
-- Name: flag_data flag_data_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.flag_data
    ADD CONSTRAINT flag_data_pkey PRIMARY KEY (kind, key);

--
-- Name: flag_sync flag_sync_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.flag_sync
    ADD CONSTRAINT flag_sync_pkey PRIMARY KEY (only_row);

--
-- Name: flag_usage_parts flag_usage_parts_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.flag_usage_parts
    ADD CONSTRAINT flag_usage_parts_pkey PRIMARY KEY (id);

--
-- Name: flag_usage flag_usage_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.flag_usage
    ADD CONSTRAINT flag_usage_pkey PRIMARY KEY (day, flag, variation, reason);

--
-- Name: history history_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (only_row);

--
-- Name: invariant_checks invariant_checks_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.invariant_checks
    ADD CONSTRAINT invariant_checks_pkey PRIMARY KEY (only_row);

--
-- Name: invariant_violations invariant_violations_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.invariant_violations
    ADD CONSTRAINT invariant_violations_pkey PRIMARY KEY (invariant, subject);

--
-- Name: kill_switch_changes kill_switch_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.kill_switch_changes
    ADD CONSTRAINT kill_switch_changes_pkey PRIMARY KEY (id);

--
-- Name: kill_switch kill_switch_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.kill_switch
    ADD CONSTRAINT kill_switch_pkey PRIMARY KEY (only_row);

--
-- Name: metropolitan_areas metropolitan_areas_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.metropolitan_areas
    ADD CONSTRAINT metropolitan_areas_pkey PRIMARY KEY (iata);

--
-- Name: monitor_runs monitor_runs_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.monitor_runs
    ADD CONSTRAINT monitor_runs_pkey PRIMARY KEY (id);

--
-- Name: operations operations_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (operation);

--
-- Name: outcome_rules outcome_rules_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.outcome_rules
    ADD CONSTRAINT outcome_rules_pkey PRIMARY KEY (operation, http_status, error_code);

--
-- Name: provider_calls provider_calls_idempotency_key_key; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_idempotency_key_key UNIQUE (idempotency_key);

--
-- Name: provider_calls provider_calls_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_pkey PRIMARY KEY (id);

--
-- Name: provider_events provider_events_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_events
    ADD CONSTRAINT provider_events_pkey PRIMARY KEY (provider, event_id);

--
-- Name: quarantined_offers quarantined_offers_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.quarantined_offers
    ADD CONSTRAINT quarantined_offers_pkey PRIMARY KEY (user_id, id);

--
-- Name: refused_events refused_events_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.refused_events
    ADD CONSTRAINT refused_events_pkey PRIMARY KEY (provider, day, reason);

--
-- Name: review_actions review_actions_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.review_actions
    ADD CONSTRAINT review_actions_pkey PRIMARY KEY (id);

--
-- Name: review_cases review_cases_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.review_cases
    ADD CONSTRAINT review_cases_pkey PRIMARY KEY (id);

--
-- Name: saga_states saga_states_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.saga_states
    ADD CONSTRAINT saga_states_pkey PRIMARY KEY (state);

--
-- Name: saga_transitions saga_transitions_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_pkey PRIMARY KEY (state, verdict);

--
-- Name: scans scans_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.scans
    ADD CONSTRAINT scans_pkey PRIMARY KEY (scan);

--
-- Name: search_settings search_settings_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.search_settings
    ADD CONSTRAINT search_settings_pkey PRIMARY KEY (only_row);

--
-- Name: trip_searches trip_searches_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.trip_searches
    ADD CONSTRAINT trip_searches_pkey PRIMARY KEY (user_id, trip_request_id, ordinal);

--
-- Name: wait_decisions wait_decisions_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.wait_decisions
    ADD CONSTRAINT wait_decisions_pkey PRIMARY KEY (user_id, id);

--
-- Name: workers workers_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (worker);

--
-- Name: yoyo_lock yoyo_lock_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);

--
-- Name: booking_attempts booking_attempts_attempt_no_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_attempt_no_key UNIQUE (user_id, trip_request_id, attempt_no);

--
-- Name: booking_attempts booking_attempts_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_id_key UNIQUE (id);

--
-- Name: booking_attempts booking_attempts_idempotency_key_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_idempotency_key_key UNIQUE (idempotency_key);

--
-- Name: booking_attempts booking_attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_pkey PRIMARY KEY (user_id, id);

--
-- Name: booking_passengers booking_passengers_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_pkey PRIMARY KEY (user_id, flight_booking_id, traveler_profile_id);

--
-- Name: fare_history fare_history_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.fare_history
    ADD CONSTRAINT fare_history_pkey PRIMARY KEY (user_id, id);

--
-- Name: flight_bookings flight_bookings_order_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_order_id_key UNIQUE (order_id);

--
-- Name: flight_bookings flight_bookings_payment_intent_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_payment_intent_id_key UNIQUE (payment_intent_id);

--
-- Name: flight_bookings flight_bookings_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_pkey PRIMARY KEY (user_id, id);

--
-- Name: flight_offers flight_offers_offer_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_offers
    ADD CONSTRAINT flight_offers_offer_id_key UNIQUE (offer_id);

--
-- Name: flight_offers flight_offers_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_offers
    ADD CONSTRAINT flight_offers_pkey PRIMARY KEY (user_id, id);

--
-- Name: payment_methods payment_methods_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_pkey PRIMARY KEY (user_id, id);

--
-- Name: payment_methods payment_methods_stripe_payment_method_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_stripe_payment_method_id_key UNIQUE (stripe_payment_method_id);

--
-- Name: traveler_profiles traveler_profiles_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_pkey PRIMARY KEY (user_id, id);

--
-- Name: trip_passengers trip_passengers_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_pkey PRIMARY KEY (user_id, trip_request_id, traveler_profile_id);

--
-- Name: trip_requests trip_requests_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_id_key UNIQUE (id);

--
-- Name: trip_requests trip_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_pkey PRIMARY KEY (user_id, id);

--
-- Name: booking_events_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_events_at_idx ON engine.booking_events USING brin (at) WITH (autosummarize='on');

--
-- Name: booking_events_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_events_trip_request_id_idx ON engine.booking_events USING btree (user_id, trip_request_id, id);

--
-- Name: event_effects_operation_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX event_effects_operation_idx ON engine.event_effects USING btree (operation);

--
-- Name: exchange_rates_quote_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX exchange_rates_quote_idx ON engine.exchange_rates USING btree (quote);

--
-- Name: fare_looks_looked_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX fare_looks_looked_at_idx ON engine.fare_looks USING btree (looked_at);

--
-- Name: invariant_violations_present_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX invariant_violations_present_idx ON engine.invariant_violations USING btree (since) WHERE (gone_at IS NULL);

--
-- Name: monitor_runs_started_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX monitor_runs_started_at_idx ON engine.monitor_runs USING btree (started_at);

--
-- Name: provider_calls_booking_attempt_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_booking_attempt_id_idx ON engine.provider_calls USING btree (user_id, booking_attempt_id);

--
-- Name: provider_calls_dead_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_dead_idx ON engine.provider_calls USING btree (finished_at) WHERE ((state = 'DEAD'::text) AND (operation <> 'search'::text));

--
-- Name: provider_calls_lease_until_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_lease_until_idx ON engine.provider_calls USING btree (lease_until) WHERE (state = ANY (ARRAY['CLAIMED'::text, 'SENT'::text]));

--
-- Name: provider_calls_ready_account_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_ready_account_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (user_id IS NULL));

--
-- Name: provider_calls_ready_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_ready_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (booking_attempt_id IS NOT NULL));

--
-- Name: provider_calls_ready_search_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_ready_search_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (booking_attempt_id IS NULL));

--
-- Name: provider_calls_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_trip_request_id_idx ON engine.provider_calls USING btree (user_id, trip_request_id);

--
-- Name: provider_events_arrival_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_events_arrival_idx ON engine.provider_events USING brin (received_at) WITH (autosummarize='on');

--
-- Name: provider_events_object_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_events_object_id_idx ON engine.provider_events USING btree (provider, object_id);

--
-- Name: provider_events_received_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_events_received_at_idx ON engine.provider_events USING btree (received_at) WHERE (state = 'RECEIVED'::text);

--
-- Name: quarantined_offers_quarantined_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX quarantined_offers_quarantined_at_idx ON engine.quarantined_offers USING btree (quarantined_at);

--
-- Name: quarantined_offers_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX quarantined_offers_trip_request_id_idx ON engine.quarantined_offers USING btree (user_id, trip_request_id);

--
-- Name: review_actions_review_case_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX review_actions_review_case_id_idx ON engine.review_actions USING btree (review_case_id);

--
-- Name: review_cases_booking_attempt_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX review_cases_booking_attempt_id_idx ON engine.review_cases USING btree (user_id, booking_attempt_id);

--
-- Name: review_cases_open_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE UNIQUE INDEX review_cases_open_idx ON engine.review_cases USING btree (kind, object_id) WHERE (resolved_at IS NULL);

--
-- Name: trip_searches_search_key_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX trip_searches_search_key_idx ON engine.trip_searches USING btree (search_key);

--
-- Name: wait_decisions_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX wait_decisions_trip_request_id_idx ON engine.wait_decisions USING btree (user_id, trip_request_id, id);

--
-- Name: booking_attempts_flight_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_flight_offer_id_idx ON public.booking_attempts USING btree (user_id, flight_offer_id);

--
-- Name: booking_attempts_live_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE UNIQUE INDEX booking_attempts_live_idx ON public.booking_attempts USING btree (user_id, trip_request_id) WHERE (status = 'PENDING'::text);

--
-- Name: booking_attempts_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_offer_id_idx ON public.booking_attempts USING btree (offer_id);

--
-- Name: booking_attempts_order_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_order_id_idx ON public.booking_attempts USING btree (order_id);

--
-- Name: booking_attempts_payment_intent_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_payment_intent_id_idx ON public.booking_attempts USING btree (payment_intent_id);

--
-- Name: booking_attempts_payment_method_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_payment_method_id_idx ON public.booking_attempts USING btree (user_id, payment_method_id);

--
-- Name: booking_attempts_state_changed_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_state_changed_at_idx ON public.booking_attempts USING btree (state_changed_at);

--
-- Name: booking_attempts_state_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_state_idx ON public.booking_attempts USING btree (state, state_changed_at) WHERE (state <> ALL (ARRAY['CONFIRMED'::text, 'FAILED'::text, 'CANCELLED'::text]));

--
-- Name: booking_attempts_user_id_status_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_user_id_status_idx ON public.booking_attempts USING btree (user_id, status);

--
-- Name: booking_passengers_traveler_profile_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_passengers_traveler_profile_id_idx ON public.booking_passengers USING btree (user_id, traveler_profile_id);

--
-- Name: fare_history_route_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX fare_history_route_idx ON public.fare_history USING btree (origin, destination, departure_date, searched_at);

--
-- Name: fare_history_trip_request_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX fare_history_trip_request_id_idx ON public.fare_history USING btree (user_id, trip_request_id, searched_at);

--
-- Name: flight_bookings_booking_attempt_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_booking_attempt_id_idx ON public.flight_bookings USING btree (user_id, booking_attempt_id);

--
-- Name: flight_bookings_confirmed_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE UNIQUE INDEX flight_bookings_confirmed_idx ON public.flight_bookings USING btree (user_id, trip_request_id) WHERE (status = 'CONFIRMED'::text);

--
-- Name: flight_bookings_flight_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_flight_offer_id_idx ON public.flight_bookings USING btree (user_id, flight_offer_id);

--
-- Name: flight_bookings_trip_request_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_trip_request_id_idx ON public.flight_bookings USING btree (user_id, trip_request_id);

--
-- Name: flight_bookings_user_id_status_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_user_id_status_idx ON public.flight_bookings USING btree (user_id, status);

--
-- Name: flight_offers_expires_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_offers_expires_at_idx ON public.flight_offers USING btree (expires_at);

--
-- Name: flight_offers_trip_request_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_offers_trip_request_id_idx ON public.flight_offers USING btree (user_id, trip_request_id, search_round);

--
-- Name: flight_offers_user_id_status_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_offers_user_id_status_idx ON public.flight_offers USING btree (user_id, status);

--
-- Name: payment_methods_default_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE UNIQUE INDEX payment_methods_default_idx ON public.payment_methods USING btree (user_id) WHERE (is_default AND (detached_at IS NULL));

--
-- Name: trip_passengers_traveler_profile_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_passengers_traveler_profile_id_idx ON public.trip_passengers USING btree (user_id, traveler_profile_id);

--
-- Name: trip_requests_due_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_due_idx ON public.trip_requests USING btree (next_search_at) WHERE ((auto_book_status = 'PENDING'::text) AND auto_book_enabled);

--
-- Name: trip_requests_payment_method_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_payment_method_id_idx ON public.trip_requests USING btree (user_id, payment_method_id);

--
-- Name: trip_requests_selected_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_selected_offer_id_idx ON public.trip_requests USING btree (user_id, selected_offer_id);

--
-- Name: booking_events booking_events_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER booking_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.booking_events FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: kill_switch_changes kill_switch_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER kill_switch_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.kill_switch_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: trip_passengers trip_passengers_check; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_passengers_check BEFORE INSERT OR DELETE ON public.trip_passengers FOR EACH ROW EXECUTE FUNCTION engine.check_trip_passenger();

--
-- Name: trip_requests trip_requests_check; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_check BEFORE INSERT OR UPDATE OF user_id, origins, destinations, departure_from, departure_to, return_from, return_to, nights_min, nights_max, cabin_class, max_price, currency, max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id, auto_book_enabled, consent_text_version ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.check_trip_request();

--
-- Name: breakers breakers_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.breakers
    ADD CONSTRAINT breakers_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: event_effects event_effects_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.event_effects
    ADD CONSTRAINT event_effects_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: exchange_rates exchange_rates_base_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_base_fkey FOREIGN KEY (base) REFERENCES engine.currencies(code);

--
-- Name: exchange_rates exchange_rates_quote_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_quote_fkey FOREIGN KEY (quote) REFERENCES engine.currencies(code);

--
-- Name: outcome_rules outcome_rules_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.outcome_rules
    ADD CONSTRAINT outcome_rules_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: provider_calls provider_calls_booking_attempt_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

--
-- Name: provider_calls provider_calls_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation);

--
-- Name: provider_calls provider_calls_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: quarantined_offers quarantined_offers_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.quarantined_offers
    ADD CONSTRAINT quarantined_offers_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: review_actions review_actions_review_case_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.review_actions
    ADD CONSTRAINT review_actions_review_case_id_fkey FOREIGN KEY (review_case_id) REFERENCES engine.review_cases(id) ON DELETE RESTRICT;

--
-- Name: review_cases review_cases_booking_attempt_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.review_cases
    ADD CONSTRAINT review_cases_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

--
-- Name: saga_transitions saga_transitions_next_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_next_operation_fkey FOREIGN KEY (next_operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: saga_transitions saga_transitions_next_state_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_next_state_fkey FOREIGN KEY (next_state) REFERENCES engine.saga_states(state) ON DELETE CASCADE;

--
-- Name: saga_transitions saga_transitions_state_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_state_fkey FOREIGN KEY (state) REFERENCES engine.saga_states(state) ON DELETE CASCADE;

--
-- Name: trip_searches trip_searches_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.trip_searches
    ADD CONSTRAINT trip_searches_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE CASCADE;

--
-- Name: wait_decisions wait_decisions_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.wait_decisions
    ADD CONSTRAINT wait_decisions_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_attempts booking_attempts_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

--
-- Name: booking_attempts booking_attempts_flight_offer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_flight_offer_id_fkey FOREIGN KEY (user_id, flight_offer_id) REFERENCES public.flight_offers(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_attempts booking_attempts_payment_method_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_attempts booking_attempts_state_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_state_fkey FOREIGN KEY (state) REFERENCES engine.saga_states(state);

--
-- Name: booking_attempts booking_attempts_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_passengers booking_passengers_flight_booking_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_flight_booking_id_fkey FOREIGN KEY (user_id, flight_booking_id) REFERENCES public.flight_bookings(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_passengers booking_passengers_traveler_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

--
-- Name: fare_history fare_history_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.fare_history
    ADD CONSTRAINT fare_history_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: flight_bookings flight_bookings_booking_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

--
-- Name: flight_bookings flight_bookings_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

--
-- Name: flight_bookings flight_bookings_flight_offer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_flight_offer_id_fkey FOREIGN KEY (user_id, flight_offer_id) REFERENCES public.flight_offers(user_id, id) ON DELETE RESTRICT;

--
-- Name: flight_bookings flight_bookings_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: flight_offers flight_offers_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.flight_offers
    ADD CONSTRAINT flight_offers_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: payment_methods payment_methods_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

--
-- Name: traveler_profiles traveler_profiles_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

--
-- Name: trip_passengers trip_passengers_traveler_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

--
-- Name: trip_passengers trip_passengers_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: trip_requests trip_requests_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

--
-- Name: trip_requests trip_requests_payment_method_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

--
-- Name: trip_requests trip_requests_selected_offer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_selected_offer_id_fkey FOREIGN KEY (user_id, selected_offer_id) REFERENCES public.flight_offers(user_id, id) ON DELETE RESTRICT;

--
-- Name: trip_requests trip_requests_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

--
-- Name: users; Type: ROW SECURITY; Schema: auth; Owner: skylatch_owner
--

ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;

--
-- Name: users users_owner_all; Type: POLICY; Schema: auth; Owner: skylatch_owner
--

CREATE POLICY users_owner_all ON auth.users TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: airline_alliances; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.airline_alliances ENABLE ROW LEVEL SECURITY;

--
-- Name: airline_alliances airline_alliances_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY airline_alliances_owner_all ON engine.airline_alliances TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: airports; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.airports ENABLE ROW LEVEL SECURITY;

--
-- Name: airports airports_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY airports_owner_all ON engine.airports TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: booking_events; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.booking_events ENABLE ROW LEVEL SECURITY;

--
-- Name: booking_events booking_events_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY booking_events_owner_all ON engine.booking_events TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: breakers; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.breakers ENABLE ROW LEVEL SECURITY;

--
-- Name: breakers breakers_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY breakers_owner_all ON engine.breakers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: cron_beat; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.cron_beat ENABLE ROW LEVEL SECURITY;

--
-- Name: cron_beat cron_beat_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY cron_beat_owner_all ON engine.cron_beat TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: currencies; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.currencies ENABLE ROW LEVEL SECURITY;

--
-- Name: currencies currencies_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY currencies_owner_all ON engine.currencies TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: endpoint; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.endpoint ENABLE ROW LEVEL SECURITY;

--
-- Name: endpoint endpoint_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY endpoint_owner_all ON engine.endpoint TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: event_effects; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.event_effects ENABLE ROW LEVEL SECURITY;

--
-- Name: event_effects event_effects_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY event_effects_owner_all ON engine.event_effects TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: exchange_rates; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.exchange_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: exchange_rates exchange_rates_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY exchange_rates_owner_all ON engine.exchange_rates TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: fare_looks; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.fare_looks ENABLE ROW LEVEL SECURITY;

--
-- Name: fare_looks fare_looks_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY fare_looks_owner_all ON engine.fare_looks TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flag_data; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_data ENABLE ROW LEVEL SECURITY;

--
-- Name: flag_data flag_data_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY flag_data_owner_all ON engine.flag_data TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flag_sync; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_sync ENABLE ROW LEVEL SECURITY;

--
-- Name: flag_sync flag_sync_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY flag_sync_owner_all ON engine.flag_sync TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flag_usage; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_usage ENABLE ROW LEVEL SECURITY;

--
-- Name: flag_usage flag_usage_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY flag_usage_owner_all ON engine.flag_usage TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flag_usage_parts; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_usage_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: flag_usage_parts flag_usage_parts_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY flag_usage_parts_owner_all ON engine.flag_usage_parts TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: history; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.history ENABLE ROW LEVEL SECURITY;

--
-- Name: history history_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY history_owner_all ON engine.history TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: invariant_checks; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.invariant_checks ENABLE ROW LEVEL SECURITY;

--
-- Name: invariant_checks invariant_checks_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY invariant_checks_owner_all ON engine.invariant_checks TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: invariant_violations; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.invariant_violations ENABLE ROW LEVEL SECURITY;

--
-- Name: invariant_violations invariant_violations_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY invariant_violations_owner_all ON engine.invariant_violations TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: kill_switch; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.kill_switch ENABLE ROW LEVEL SECURITY;

--
-- Name: kill_switch_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.kill_switch_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: kill_switch_changes kill_switch_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY kill_switch_changes_owner_all ON engine.kill_switch_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: kill_switch kill_switch_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY kill_switch_owner_all ON engine.kill_switch TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: metropolitan_areas; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.metropolitan_areas ENABLE ROW LEVEL SECURITY;

--
-- Name: metropolitan_areas metropolitan_areas_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY metropolitan_areas_owner_all ON engine.metropolitan_areas TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: monitor_runs; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.monitor_runs ENABLE ROW LEVEL SECURITY;

--
-- Name: monitor_runs monitor_runs_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY monitor_runs_owner_all ON engine.monitor_runs TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: operations; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.operations ENABLE ROW LEVEL SECURITY;

--
-- Name: operations operations_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY operations_owner_all ON engine.operations TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: outcome_rules; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.outcome_rules ENABLE ROW LEVEL SECURITY;

--
-- Name: outcome_rules outcome_rules_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY outcome_rules_owner_all ON engine.outcome_rules TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: provider_calls; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.provider_calls ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_calls provider_calls_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY provider_calls_owner_all ON engine.provider_calls TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: provider_events; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.provider_events ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_events provider_events_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY provider_events_owner_all ON engine.provider_events TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: quarantined_offers; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.quarantined_offers ENABLE ROW LEVEL SECURITY;

--
-- Name: quarantined_offers quarantined_offers_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY quarantined_offers_owner_all ON engine.quarantined_offers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: refused_events; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.refused_events ENABLE ROW LEVEL SECURITY;

--
-- Name: refused_events refused_events_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY refused_events_owner_all ON engine.refused_events TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: review_actions; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.review_actions ENABLE ROW LEVEL SECURITY;

--
-- Name: review_actions review_actions_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY review_actions_owner_all ON engine.review_actions TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: review_cases; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.review_cases ENABLE ROW LEVEL SECURITY;

--
-- Name: review_cases review_cases_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY review_cases_owner_all ON engine.review_cases TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: saga_states; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.saga_states ENABLE ROW LEVEL SECURITY;

--
-- Name: saga_states saga_states_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY saga_states_owner_all ON engine.saga_states TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: saga_transitions; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.saga_transitions ENABLE ROW LEVEL SECURITY;

--
-- Name: saga_transitions saga_transitions_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY saga_transitions_owner_all ON engine.saga_transitions TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: scans; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.scans ENABLE ROW LEVEL SECURITY;

--
-- Name: scans scans_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY scans_owner_all ON engine.scans TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: search_settings; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.search_settings ENABLE ROW LEVEL SECURITY;

--
-- Name: search_settings search_settings_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY search_settings_owner_all ON engine.search_settings TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: trip_searches; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.trip_searches ENABLE ROW LEVEL SECURITY;

--
-- Name: trip_searches trip_searches_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY trip_searches_owner_all ON engine.trip_searches TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: wait_decisions; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.wait_decisions ENABLE ROW LEVEL SECURITY;

--
-- Name: wait_decisions wait_decisions_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY wait_decisions_owner_all ON engine.wait_decisions TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: workers; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.workers ENABLE ROW LEVEL SECURITY;

--
-- Name: workers workers_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY workers_owner_all ON engine.workers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: booking_attempts; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.booking_attempts ENABLE ROW LEVEL SECURITY;

--
-- Name: booking_attempts booking_attempts_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY booking_attempts_authenticated_select ON public.booking_attempts FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: booking_attempts booking_attempts_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY booking_attempts_owner_all ON public.booking_attempts TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: booking_passengers; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.booking_passengers ENABLE ROW LEVEL SECURITY;

--
-- Name: booking_passengers booking_passengers_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY booking_passengers_authenticated_select ON public.booking_passengers FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: booking_passengers booking_passengers_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY booking_passengers_owner_all ON public.booking_passengers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: fare_history; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.fare_history ENABLE ROW LEVEL SECURITY;

--
-- Name: fare_history fare_history_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY fare_history_authenticated_select ON public.fare_history FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: fare_history fare_history_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY fare_history_owner_all ON public.fare_history TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flight_bookings; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.flight_bookings ENABLE ROW LEVEL SECURITY;

--
-- Name: flight_bookings flight_bookings_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY flight_bookings_authenticated_select ON public.flight_bookings FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: flight_bookings flight_bookings_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY flight_bookings_owner_all ON public.flight_bookings TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: flight_offers; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.flight_offers ENABLE ROW LEVEL SECURITY;

--
-- Name: flight_offers flight_offers_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY flight_offers_authenticated_select ON public.flight_offers FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: flight_offers flight_offers_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY flight_offers_owner_all ON public.flight_offers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: payment_methods; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.payment_methods ENABLE ROW LEVEL SECURITY;

--
-- Name: payment_methods payment_methods_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY payment_methods_authenticated_select ON public.payment_methods FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: payment_methods payment_methods_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY payment_methods_owner_all ON public.payment_methods TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: traveler_profiles; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.traveler_profiles ENABLE ROW LEVEL SECURITY;

--
-- Name: traveler_profiles traveler_profiles_authenticated_insert; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY traveler_profiles_authenticated_insert ON public.traveler_profiles FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: traveler_profiles traveler_profiles_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY traveler_profiles_authenticated_select ON public.traveler_profiles FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: traveler_profiles traveler_profiles_authenticated_update; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY traveler_profiles_authenticated_update ON public.traveler_profiles FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: traveler_profiles traveler_profiles_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY traveler_profiles_owner_all ON public.traveler_profiles TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: trip_passengers; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.trip_passengers ENABLE ROW LEVEL SECURITY;

--
-- Name: trip_passengers trip_passengers_authenticated_delete; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_passengers_authenticated_delete ON public.trip_passengers FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_passengers trip_passengers_authenticated_insert; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_passengers_authenticated_insert ON public.trip_passengers FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_passengers trip_passengers_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_passengers_authenticated_select ON public.trip_passengers FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_passengers trip_passengers_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_passengers_owner_all ON public.trip_passengers TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: trip_requests; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.trip_requests ENABLE ROW LEVEL SECURITY;

--
-- Name: trip_requests trip_requests_authenticated_insert; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_requests_authenticated_insert ON public.trip_requests FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_requests trip_requests_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_requests_authenticated_select ON public.trip_requests FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_requests trip_requests_authenticated_update; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_requests_authenticated_update ON public.trip_requests FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: trip_requests trip_requests_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY trip_requests_owner_all ON public.trip_requests TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: SCHEMA auth; Type: ACL; Schema: -; Owner: skylatch_owner
--

GRANT USAGE ON SCHEMA auth TO anon;
GRANT USAGE ON SCHEMA auth TO authenticated;
GRANT USAGE ON SCHEMA auth TO service_role;

--
-- Name: SCHEMA engine; Type: ACL; Schema: -; Owner: skylatch_owner
--

GRANT USAGE ON SCHEMA engine TO skylatch_sidecar;
GRANT USAGE ON SCHEMA engine TO skylatch_cron;
GRANT USAGE ON SCHEMA engine TO skylatch_operator;
GRANT USAGE ON SCHEMA engine TO authenticated;
GRANT USAGE ON SCHEMA engine TO service_role;

--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;
GRANT USAGE ON SCHEMA public TO skylatch_sidecar;
GRANT USAGE ON SCHEMA public TO skylatch_cron;
GRANT USAGE ON SCHEMA public TO skylatch_operator;
GRANT ALL ON SCHEMA public TO skylatch_owner;

--
-- Name: FUNCTION uid(); Type: ACL; Schema: auth; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION auth.uid() FROM PUBLIC;
GRANT ALL ON FUNCTION auth.uid() TO anon;
GRANT ALL ON FUNCTION auth.uid() TO authenticated;
GRANT ALL ON FUNCTION auth.uid() TO service_role;

--
-- Name: TABLE booking_attempts; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.booking_attempts TO authenticated;
GRANT SELECT ON TABLE public.booking_attempts TO service_role;

--
-- Name: FUNCTION advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_actor text, p_correlation_id text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_actor text, p_correlation_id text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION apply_look(p_call engine.provider_calls, p_report jsonb, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_look(p_call engine.provider_calls, p_report jsonb, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION beat_flags(p_source text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.beat_flags(p_source text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.beat_flags(p_source text) TO skylatch_sidecar;

--
-- Name: TABLE trip_requests; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.trip_requests TO authenticated;
GRANT SELECT ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.user_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(user_id) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(user_id) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(id) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(id) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.origins; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(origins),UPDATE(origins) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(origins),UPDATE(origins) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.destinations; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(destinations),UPDATE(destinations) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(destinations),UPDATE(destinations) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.departure_from; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(departure_from),UPDATE(departure_from) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(departure_from),UPDATE(departure_from) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.departure_to; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(departure_to),UPDATE(departure_to) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(departure_to),UPDATE(departure_to) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_from; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_from),UPDATE(return_from) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_from),UPDATE(return_from) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_to; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_to),UPDATE(return_to) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_to),UPDATE(return_to) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.nights_min; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(nights_min),UPDATE(nights_min) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(nights_min),UPDATE(nights_min) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.nights_max; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(nights_max),UPDATE(nights_max) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(nights_max),UPDATE(nights_max) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.cabin_class; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(cabin_class),UPDATE(cabin_class) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(cabin_class),UPDATE(cabin_class) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.max_price; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(max_price),UPDATE(max_price) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(max_price),UPDATE(max_price) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.currency; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(currency),UPDATE(currency) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.max_connections; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(max_connections),UPDATE(max_connections) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(max_connections),UPDATE(max_connections) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.max_duration; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(max_duration),UPDATE(max_duration) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(max_duration),UPDATE(max_duration) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.carry_on_bags; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(carry_on_bags),UPDATE(carry_on_bags) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(carry_on_bags),UPDATE(carry_on_bags) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.checked_bags; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(checked_bags),UPDATE(checked_bags) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(checked_bags),UPDATE(checked_bags) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.preferred_airlines; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(preferred_airlines),UPDATE(preferred_airlines) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(preferred_airlines),UPDATE(preferred_airlines) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.payment_method_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(payment_method_id),UPDATE(payment_method_id) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(payment_method_id),UPDATE(payment_method_id) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.auto_book_enabled; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(auto_book_enabled),UPDATE(auto_book_enabled) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(auto_book_enabled),UPDATE(auto_book_enabled) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.consent_text_version; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(consent_text_version),UPDATE(consent_text_version) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(consent_text_version),UPDATE(consent_text_version) ON TABLE public.trip_requests TO service_role;

--
-- Name: FUNCTION begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: TABLE flight_offers; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.flight_offers TO authenticated;
GRANT SELECT ON TABLE public.flight_offers TO service_role;

--
-- Name: FUNCTION best_offer(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.best_offer(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION book_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.book_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.book_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.book_trip(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION engine.book_trip(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION build_request(p_call engine.provider_calls); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.build_request(p_call engine.provider_calls) FROM PUBLIC;

--
-- Name: FUNCTION cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION change_trip_status(p_trip_id uuid, p_action text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) TO authenticated;
GRANT ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) TO service_role;

--
-- Name: FUNCTION check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_flag(p_kind text, p_key text, p_item text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_flag(p_kind text, p_key text, p_item text) FROM PUBLIC;

--
-- Name: FUNCTION check_invariants(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_invariants(p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.check_invariants(p_since timestamp with time zone) TO skylatch_operator;

--
-- Name: FUNCTION check_party(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_party(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION check_trip_party(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_trip_party(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.check_trip_party(p_user_id uuid, p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.check_trip_party(p_user_id uuid, p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION check_trip_passenger(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_trip_passenger() FROM PUBLIC;

--
-- Name: FUNCTION check_trip_request(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_trip_request() FROM PUBLIC;

--
-- Name: FUNCTION claim_calls(p_worker text, p_limit integer, p_searches integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer) TO skylatch_sidecar;

--
-- Name: FUNCTION close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION describe_round(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION evaluate_flag(p_flag text, p_context text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.evaluate_flag(p_flag text, p_context text) FROM PUBLIC;

--
-- Name: FUNCTION expire_offers(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.expire_offers(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_rule(p_operation text, p_http_status integer, p_error_code text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.find_rule(p_operation text, p_http_status integer, p_error_code text) FROM PUBLIC;

--
-- Name: FUNCTION finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean) TO skylatch_sidecar;

--
-- Name: FUNCTION flag_context(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flag_context(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION flag_problem(p_user_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flag_problem(p_user_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION flag_status(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flag_status() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.flag_status() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.flag_status() TO service_role;

--
-- Name: FUNCTION flag_value(p_flag text, p_user_id uuid, p_default jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) TO service_role;
GRANT ALL ON FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) TO skylatch_operator;

--
-- Name: FUNCTION found_order(p_attempt public.booking_attempts, p_body jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) FROM PUBLIC;

--
-- Name: FUNCTION found_refund(p_attempt public.booking_attempts, p_body jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.found_refund(p_attempt public.booking_attempts, p_body jsonb) FROM PUBLIC;

--
-- Name: FUNCTION has_live_attempt(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.has_live_attempt(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION heartbeat(p_worker text, p_version text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.heartbeat(p_worker text, p_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.heartbeat(p_worker text, p_version text) TO skylatch_sidecar;

--
-- Name: FUNCTION hold_mirror(p_worker text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.hold_mirror(p_worker text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.hold_mirror(p_worker text) TO skylatch_sidecar;

--
-- Name: FUNCTION holds_secret(p_text text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.holds_secret(p_text text) FROM PUBLIC;

--
-- Name: FUNCTION ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION is_claimable(p_call engine.provider_calls, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_claimable(p_call engine.provider_calls, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION is_enabled(p_flag text, p_user_id uuid, p_default boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_enabled(p_flag text, p_user_id uuid, p_default boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.is_enabled(p_flag text, p_user_id uuid, p_default boolean) TO service_role;
GRANT ALL ON FUNCTION engine.is_enabled(p_flag text, p_user_id uuid, p_default boolean) TO skylatch_operator;

--
-- Name: FUNCTION is_well_formed_offer(p_offer jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_well_formed_offer(p_offer jsonb) FROM PUBLIC;

--
-- Name: FUNCTION learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION lease_calls(p_worker text, p_ids bigint[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION lock_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lock_trip(p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_correlation_id text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_correlation_id text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb) FROM PUBLIC;

--
-- Name: FUNCTION manage_monitor_job(p_action text); Type: ACL; Schema: engine; Owner: skylatch_cron
--

REVOKE ALL ON FUNCTION engine.manage_monitor_job(p_action text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.manage_monitor_job(p_action text) TO skylatch_owner;
GRANT ALL ON FUNCTION engine.manage_monitor_job(p_action text) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.manage_monitor_job(p_action text) TO service_role;

--
-- Name: FUNCTION mark_sent(p_call_id bigint, p_epoch integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) TO skylatch_sidecar;

--
-- Name: FUNCTION may_act_for(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.may_act_for(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION monitor_status(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.monitor_status() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.monitor_status() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.monitor_status() TO service_role;

--
-- Name: FUNCTION note_breaker(p_operation text, p_report jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_breaker(p_operation text, p_report jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION open_alerts(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.open_alerts() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.open_alerts() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.open_alerts() TO skylatch_operator;

--
-- Name: FUNCTION open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: TABLE traveler_profiles; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.traveler_profiles TO authenticated;
GRANT SELECT ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.user_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(user_id) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(user_id) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(id) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(id) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.given_name; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(given_name),UPDATE(given_name) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(given_name),UPDATE(given_name) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.family_name; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(family_name),UPDATE(family_name) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(family_name),UPDATE(family_name) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.title; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(title),UPDATE(title) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(title),UPDATE(title) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.gender; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(gender),UPDATE(gender) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(gender),UPDATE(gender) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.born_on; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(born_on),UPDATE(born_on) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(born_on),UPDATE(born_on) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.email; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(email),UPDATE(email) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(email),UPDATE(email) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.phone_number; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(phone_number),UPDATE(phone_number) ON TABLE public.traveler_profiles TO authenticated;
GRANT INSERT(phone_number),UPDATE(phone_number) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: COLUMN traveler_profiles.updated_at; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT UPDATE(updated_at) ON TABLE public.traveler_profiles TO authenticated;
GRANT UPDATE(updated_at) ON TABLE public.traveler_profiles TO service_role;

--
-- Name: TABLE trip_passengers; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT,DELETE ON TABLE public.trip_passengers TO authenticated;
GRANT SELECT,DELETE ON TABLE public.trip_passengers TO service_role;

--
-- Name: COLUMN trip_passengers.user_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(user_id) ON TABLE public.trip_passengers TO authenticated;
GRANT INSERT(user_id) ON TABLE public.trip_passengers TO service_role;

--
-- Name: COLUMN trip_passengers.trip_request_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(trip_request_id) ON TABLE public.trip_passengers TO authenticated;
GRANT INSERT(trip_request_id) ON TABLE public.trip_passengers TO service_role;

--
-- Name: COLUMN trip_passengers.traveler_profile_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(traveler_profile_id) ON TABLE public.trip_passengers TO authenticated;
GRANT INSERT(traveler_profile_id) ON TABLE public.trip_passengers TO service_role;

--
-- Name: FUNCTION trip_party(p_user_id uuid, p_trip_id uuid, p_last_day date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trip_party(p_user_id uuid, p_trip_id uuid, p_last_day date) FROM PUBLIC;

--
-- Name: FUNCTION order_party(p_user_id uuid, p_flight_offer_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION outcome_code(p_call engine.provider_calls, p_report jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION party_problem(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION pin_flags(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.pin_flags(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION plan_searches(p_trip public.trip_requests, p_today date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_searches(p_trip public.trip_requests, p_today date) FROM PUBLIC;

--
-- Name: FUNCTION plpython_handshake(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plpython_handshake() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.plpython_handshake() TO skylatch_sidecar;

--
-- Name: FUNCTION rank_trip(p_user_id uuid, p_trip_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.rank_trip(p_user_id uuid, p_trip_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION read_flags(p_kind text, p_key text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.read_flags(p_kind text, p_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.read_flags(p_kind text, p_key text) TO skylatch_sidecar;

--
-- Name: FUNCTION receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION record_flag_usage(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_flag_usage() FROM PUBLIC;

--
-- Name: FUNCTION recover(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.recover() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.recover() TO skylatch_cron;

--
-- Name: FUNCTION recover_calls(p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.recover_calls(p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_change() FROM PUBLIC;

--
-- Name: FUNCTION refuse_runtime(p_versions jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_runtime(p_versions jsonb) FROM PUBLIC;

--
-- Name: FUNCTION release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION require_pipeline(p_user_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_pipeline(p_user_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION run_monitor(p_started_by text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) FROM PUBLIC;

--
-- Name: FUNCTION search_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION set_kill_switch(p_engaged boolean, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) TO service_role;

--
-- Name: FUNCTION settle_call(p_call_id bigint, p_epoch integer, p_report jsonb, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.settle_call(p_call_id bigint, p_epoch integer, p_report jsonb, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION start_searches(p_trips uuid[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION stripe_amount(p_amount numeric, p_currency text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) FROM PUBLIC;

--
-- Name: FUNCTION sum_flag_usage(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.sum_flag_usage() FROM PUBLIC;

--
-- Name: FUNCTION sync_flags(p_items json, p_source text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.sync_flags(p_items json, p_source text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.sync_flags(p_items json, p_source text) TO skylatch_sidecar;

--
-- Name: FUNCTION take_flag_usage(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.take_flag_usage() FROM PUBLIC;

--
-- Name: FUNCTION tick(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.tick() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_cron;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.tick() TO service_role;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_sidecar;

--
-- Name: FUNCTION trip_events(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trip_events(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.trip_events(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.trip_events(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION upsert_flag(p_kind text, p_item json, p_source text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.upsert_flag(p_kind text, p_item json, p_source text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.upsert_flag(p_kind text, p_item json, p_source text) TO skylatch_sidecar;

--
-- Name: FUNCTION version(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.version() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.version() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.version() TO skylatch_operator;

--
-- Name: FUNCTION wake_sidecar(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.wake_sidecar() FROM PUBLIC;

--
-- Name: FUNCTION watch_invariants(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.watch_invariants() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.watch_invariants() TO skylatch_cron;
GRANT ALL ON FUNCTION engine.watch_invariants() TO skylatch_sidecar;

--
-- Name: FUNCTION pg_advisory_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_unlock(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_unlock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_unlock_all(); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_unlock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_unlock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO skylatch_owner;

--
-- Name: FUNCTION pg_try_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO skylatch_owner;

--
-- Name: FUNCTION auto_book_monitor(); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.auto_book_monitor() FROM PUBLIC;
GRANT ALL ON FUNCTION public.auto_book_monitor() TO skylatch_cron;
GRANT ALL ON FUNCTION public.auto_book_monitor() TO skylatch_operator;
GRANT ALL ON FUNCTION public.auto_book_monitor() TO service_role;
GRANT ALL ON FUNCTION public.auto_book_monitor() TO skylatch_sidecar;

--
-- Name: FUNCTION auto_book_production(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.auto_book_production(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.auto_book_production(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.auto_book_production(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION public.auto_book_production(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION cancel_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_user_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_user_id uuid) TO service_role;

--
-- Name: FUNCTION duffel_search(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.duffel_search(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION manage_auto_book_monitor(p_action text); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.manage_auto_book_monitor(p_action text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.manage_auto_book_monitor(p_action text) TO skylatch_operator;
GRANT ALL ON FUNCTION public.manage_auto_book_monitor(p_action text) TO service_role;

--
-- Name: FUNCTION pause_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.pause_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.pause_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.pause_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION rank_offers(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.rank_offers(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.rank_offers(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.rank_offers(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION resume_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.resume_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resume_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.resume_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION trip_saga(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.trip_saga(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.trip_saga(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.trip_saga(p_trip_id uuid) TO service_role;

--
-- Name: TABLE users; Type: ACL; Schema: auth; Owner: skylatch_owner
--

GRANT SELECT,INSERT,REFERENCES,UPDATE ON TABLE auth.users TO service_role;

--
-- Name: TABLE auto_book_monitor_status; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.auto_book_monitor_status TO skylatch_operator;
GRANT SELECT ON TABLE public.auto_book_monitor_status TO service_role;

--
-- Name: TABLE booking_passengers; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.booking_passengers TO authenticated;
GRANT SELECT ON TABLE public.booking_passengers TO service_role;

--
-- Name: TABLE fare_history; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.fare_history TO authenticated;
GRANT SELECT ON TABLE public.fare_history TO service_role;

--
-- Name: TABLE flag_overview; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.flag_overview TO skylatch_operator;
GRANT SELECT ON TABLE public.flag_overview TO service_role;

--
-- Name: TABLE flight_bookings; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.flight_bookings TO authenticated;
GRANT SELECT ON TABLE public.flight_bookings TO service_role;

--
-- Name: TABLE payment_methods; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.payment_methods TO authenticated;
GRANT SELECT ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.user_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(user_id) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(id) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.stripe_customer_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(stripe_customer_id) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.stripe_payment_method_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(stripe_payment_method_id) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.brand; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(brand) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.last4; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(last4) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.exp_month; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(exp_month),UPDATE(exp_month) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.exp_year; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(exp_year),UPDATE(exp_year) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.is_default; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(is_default),UPDATE(is_default) ON TABLE public.payment_methods TO service_role;

--
-- Name: COLUMN payment_methods.detached_at; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT UPDATE(detached_at) ON TABLE public.payment_methods TO service_role;

--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: skylatch_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE skylatch_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

--
-- PostgreSQL database dump complete
--
