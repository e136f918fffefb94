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
-- Name: call_report; Type: TYPE; Schema: engine; Owner: skylatch_owner
--

CREATE TYPE engine.call_report AS (
	call_id bigint,
	epoch integer,
	http_status integer,
	error_code text,
	body jsonb,
	request_id text,
	retry_after numeric
);

ALTER TYPE engine.call_report OWNER TO skylatch_owner;

--
-- Name: offer_terms; Type: TYPE; Schema: engine; Owner: skylatch_owner
--

CREATE TYPE engine.offer_terms AS (
	status text,
	cap numeric,
	rate numeric,
	rate_as_of timestamp with time zone,
	cap_problem text,
	city_airports text[],
	party_fits boolean,
	least_lead_time interval
);

ALTER TYPE engine.offer_terms OWNER TO skylatch_owner;

--
-- Name: trace_context; Type: TYPE; Schema: engine; Owner: skylatch_owner
--

CREATE TYPE engine.trace_context AS (
	trace_id uuid,
	is_sampled boolean,
	span_id bigint
);

ALTER TYPE engine.trace_context OWNER TO skylatch_owner;

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

--
-- Name: a_booking_is_what_was_agreed(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_booking_is_what_was_agreed(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    b.id::text,
    format(
      '%s, agreed %s, collected %s', engine.format_money(b.price, b.currency),
      engine.format_money(a.agreed_amount, a.currency),
      coalesce(engine.format_money(a.captured_amount, a.currency), 'nothing')
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
end;
$$;

ALTER FUNCTION engine.a_booking_is_what_was_agreed(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: a_cancelled_booking_says_so(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_cancelled_booking_says_so(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    b.id::text,
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
end;
$$;

ALTER FUNCTION engine.a_cancelled_booking_says_so(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: a_definer_function_is_pinned_and_granted_by_name(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_definer_function_is_pinned_and_granted_by_name() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    p.oid::regprocedure::text,
    coalesce(array_to_string(p.proconfig, ', '), 'not pinned'),
    null::timestamptz
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
    );
end;
$$;

ALTER FUNCTION engine.a_definer_function_is_pinned_and_granted_by_name() OWNER TO skylatch_owner;

--
-- Name: a_hold_is_decided_before_it_lapses(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_hold_is_decided_before_it_lapses(p_now timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    format('%s; it lapses at %s', a.state, a.capture_before), null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.capture_before < p_now + interval '6 hours'
    and a.captured_amount is null
    and a.voided_at is null;
end;
$$;

ALTER FUNCTION engine.a_hold_is_decided_before_it_lapses(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: a_policy_trusts_no_setting_that_a_caller_may_set(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_policy_trusts_no_setting_that_a_caller_may_set() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select c.oid::regclass::text, l.polname::text, null::timestamptz
  from pg_policy as l
  inner join pg_class as c on l.polrelid = c.oid
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and strpos(
      concat(
        pg_get_expr(l.polqual, l.polrelid), pg_get_expr(l.polwithcheck, l.polrelid)
      ),
      'current_setting('
    ) > 0;
end;
$$;

ALTER FUNCTION engine.a_policy_trusts_no_setting_that_a_caller_may_set() OWNER TO skylatch_owner;

--
-- Name: a_success_has_its_booking(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_success_has_its_booking(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select a.id::text, a.state, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'SUCCESS'
    and (
      select count(*) from public.flight_bookings as b
      where b.user_id = a.user_id and b.booking_attempt_id = a.id
    ) <> 1;
end;
$$;

ALTER FUNCTION engine.a_success_has_its_booking(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: a_travellers_rows_are_behind_row_level_security(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_travellers_rows_are_behind_row_level_security() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select c.oid::regclass::text, 'not forced', null::timestamptz
  from pg_class as c
  inner join pg_attribute as u
    on c.oid = u.attrelid and u.attname = 'user_id' and not u.attisdropped
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and c.relkind in ('r', 'p')
    and not (c.relrowsecurity and c.relforcerowsecurity);
end;
$$;

ALTER FUNCTION engine.a_travellers_rows_are_behind_row_level_security() OWNER TO skylatch_owner;

--
-- Name: a_trip_says_what_its_attempt_says(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_trip_says_what_its_attempt_says(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    t.id::text, t.auto_book_status, d.changed
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

ALTER FUNCTION engine.a_trip_says_what_its_attempt_says(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: a_view_shows_what_its_reader_may_see(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.a_view_shows_what_its_reader_may_see() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select c.oid::regclass::text, 'not security_invoker', null::timestamptz
  from pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and (
      c.relkind = 'm'
      or c.relkind = 'v'
      and not coalesce(
        c.reloptions && '{security_invoker=true,security_invoker=on}'::text[], false
      )
    );
end;
$$;

ALTER FUNCTION engine.a_view_shows_what_its_reader_may_see() OWNER TO skylatch_owner;

--
-- Name: acts_as(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.acts_as(p_role text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN pg_has_role(CASE WHEN (current_setting('role'::text) = 'none'::text) THEN SESSION_USER ELSE (current_setting('role'::text))::name END, (p_role)::name, 'usage'::text);

ALTER FUNCTION engine.acts_as(p_role text) OWNER TO skylatch_owner;

--
-- Name: add_span(uuid, bigint, bigint, text, timestamp with time zone, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.add_span(p_trace_id uuid, p_span_id bigint, p_parent_id bigint, p_name text, p_started_at timestamp with time zone, p_attributes jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.spans (
    trace_id, span_id, parent_id, name, started_at, ended_at, attributes
  )
  values (
    p_trace_id, p_span_id, p_parent_id, p_name, p_started_at,
    -- The clock may have been set back meanwhile.
    greatest(p_started_at, clock_timestamp()), jsonb_strip_nulls(p_attributes)
  );
end;
$$;

ALTER FUNCTION engine.add_span(p_trace_id uuid, p_span_id bigint, p_parent_id bigint, p_name text, p_started_at timestamp with time zone, p_attributes jsonb) OWNER TO skylatch_owner;

--
-- Name: adopt_found(jsonb, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.adopt_found(p_payments jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) RETURNS TABLE(at_odds integer, passed_over integer)
    LANGUAGE plpgsql
    AS $$
declare
  v_is_confirmed boolean := engine.history_problem() is null;
  v_found record;
  v_attempt public.booking_attempts;
  v_is_unpaid boolean;
  v_number integer := 0;
  v_passed_over integer := 0;
begin
  for v_found in
    with seen as materialized (
      select distinct on (m.attempt_id)
        m.attempt_id,
        i.value as facts,
        i.value ->> 'id' as payment,
        i.value ->> 'status' in (
          'requires_payment_method', 'requires_confirmation', 'requires_action'
        ) as is_unpaid,
        coalesce((i.value ->> 'amount_received')::bigint, 0) > 0 as was_taken,
        (
          select round((i.value ->> 'amount')::numeric / c.stripe_factor, c.minor_digits)
          from engine.currencies as c
          where c.code = upper((i.value ->> 'currency') collate "C")
        ) as amount,
        upper((i.value ->> 'currency') collate "C") as currency
      from jsonb_array_elements(p_payments) as i
      cross join lateral engine.try_uuid(i.value #>> '{metadata,attempt_id}')
        as m (attempt_id)
      where m.attempt_id is not null
        and not engine.belongs_elsewhere(i.value -> 'metadata')
      -- The one with money in it, should there be several: the others are cases.
      order by
        m.attempt_id,
        coalesce((i.value ->> 'amount_received')::bigint, 0) desc,
        i.value ->> 'status' = 'requires_capture' desc,
        i.value ->> 'id'
    )

    select
      s.*,
      a.user_id,
      a.id,
      a.trip_request_id,
      a.order_hint is not null or coalesce(s.was_taken, false) as has_order
    from public.booking_attempts as a
    left join seen as s on a.id = s.attempt_id
    where a.state in ('REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'ORDERING')
      and (
        a.order_hint is not null
        or s.was_taken
        -- Else its id is on the way.
        or a.payment_intent_id is null and s.payment is not null and not v_is_confirmed
      )
      -- What was sent has an answer, or a lease that ends.
      and not exists (
        select from engine.provider_calls as c
        where c.user_id = a.user_id
          and c.booking_attempt_id = a.id
          and c.operation = 'create_order'
          and c.state = 'SENT'
      )
    order by a.trip_request_id
  loop
    if not engine.hold_listed_trip(v_found.trip_request_id, p_read_at, p_now) then
      v_passed_over := v_passed_over + 1;
      if v_found.has_order then
        perform engine.note_lost(
          v_found.id, v_found.trip_request_id, v_found.facts, p_now
        );
      end if;
      continue;
    end if;
    update public.booking_attempts as a
    set
      payment_intent_id = coalesce(a.payment_intent_id, v_found.payment),
      agreed_amount = case
        when v_found.has_order
          and v_found.currency = a.currency
          and v_found.amount <= a.cap_amount
          and v_found.amount <> a.agreed_amount then v_found.amount
        else a.agreed_amount
      end
    where a.user_id = v_found.user_id
      and a.id = v_found.id
      and a.state in ('REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'ORDERING')
    returning a.* into v_attempt;
    continue when not found or not v_found.has_order;
    v_number := v_number + 1;
    v_is_unpaid := v_attempt.payment_intent_id is null or coalesce(v_found.is_unpaid, false);
    update engine.provider_calls as c
    set
      state = case c.operation when 'create_order' then 'UNKNOWN' else 'DONE' end,
      verdict = case c.operation when 'create_order' then 'UNKNOWN' else 'STOP' end,
      error_code = 'order_known',
      lease_until = null,
      sent_at = case c.operation when 'create_order' then p_now else c.sent_at end,
      finished_at = p_now
    where c.user_id = v_attempt.user_id
      and c.booking_attempt_id = v_attempt.id
      and c.object_id is null
      and c.state in ('READY', 'CLAIMED');
    perform engine.command_attempt(
      v_attempt.user_id, v_attempt.id,
      case when v_is_unpaid then 'FREEZE' else 'FOUND' end,
      'scan', 'order:' || coalesce(v_attempt.order_hint, v_attempt.payment_intent_id),
      case
        when v_is_unpaid then 'Duffel has an order of it, and Stripe holds nothing.'
        when v_attempt.order_hint is null then 'Its money was taken already.'
        else 'Duffel has an order of it already.'
      end,
      p_now
    );
  end loop;
  return query select v_number, v_passed_over;
end;
$$;

ALTER FUNCTION engine.adopt_found(p_payments jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

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
    itinerary jsonb,
    itinerary_read_at timestamp with time zone,
    moved_at timestamp with time zone,
    trace_id uuid,
    trace_sampled boolean,
    CONSTRAINT booking_attempts_cap CHECK (((agreed_amount)::numeric <= (cap_amount)::numeric)),
    CONSTRAINT booking_attempts_ended CHECK (((status = 'PENDING'::text) = (ended_at IS NULL))),
    CONSTRAINT booking_attempts_failed CHECK (((status <> 'FAILED'::text) OR (error_message IS NOT NULL))),
    CONSTRAINT booking_attempts_idempotency_key CHECK (((idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'::text) AND (idempotency_key !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'::text))),
    CONSTRAINT booking_attempts_refund CHECK (((refund_amount IS NULL) OR ((refund_amount)::numeric <= (captured_amount)::numeric))),
    CONSTRAINT booking_attempts_status CHECK ((status = ANY (ARRAY['PENDING'::text, 'SUCCESS'::text, 'FAILED'::text]))),
    CONSTRAINT booking_attempts_success CHECK (((status <> 'SUCCESS'::text) OR ((order_id IS NOT NULL) AND (booking_reference IS NOT NULL) AND (payment_intent_id IS NOT NULL)))),
    CONSTRAINT booking_attempts_trip_status_after CHECK ((trip_status_after = ANY (ARRAY['PENDING'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);

ALTER TABLE ONLY public.booking_attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.booking_attempts OWNER TO skylatch_owner;

--
-- Name: advance_attempt(public.booking_attempts, text, text, engine.outcome_rules, engine.call_report, text, text, text, text, timestamp with time zone, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_as_state text, p_reason text, p_actor text, p_correlation_id text, p_now timestamp with time zone, p_hand_to text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_to engine.saga_transitions;
  v_state engine.saga_states;
begin
  select t.* into v_to
  from engine.saga_transitions as t
  where t.state = coalesce(p_as_state, p_attempt.state)
    and t.verdict = p_verdict;
  if not found then
    v_to.next_state := 'NEEDS_REVIEW';
  end if;
  v_attempt := engine.learn_from_answer(
    v_attempt, p_operation, p_verdict, p_rule, p_report, p_reason, p_now
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
  perform engine.end_state(
    p_attempt, v_attempt, p_operation, p_verdict, p_report, p_actor, p_now
  );

  if v_to.next_operation is not null and not v_state.is_final then
    return engine.enqueue_call(
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

ALTER FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_as_state text, p_reason text, p_actor text, p_correlation_id text, p_now timestamp with time zone, p_hand_to text) OWNER TO skylatch_owner;

--
-- Name: an_attempt_goes_on_or_waits_for_a_person(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.an_attempt_goes_on_or_waits_for_a_person(p_now timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    format('%s since %s, and nothing is on its way', a.state, a.state_changed_at),
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.state_changed_at < p_now - interval '15 minutes'
    and coalesce(a.deadline_at, '-infinity') < p_now
    and not exists (
      select from engine.provider_calls as c
      where c.user_id = a.user_id
        and c.booking_attempt_id = a.id
        and c.attempt_epoch = a.epoch
        and c.object_id is null
        and (
          c.state = 'READY' and c.run_at > p_now - interval '15 minutes'
          or c.state in ('CLAIMED', 'SENT')
          and c.lease_until > p_now - interval '15 minutes'
        )
    );
end;
$$;

ALTER FUNCTION engine.an_attempt_goes_on_or_waits_for_a_person(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: an_event_is_acted_on(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.an_event_is_acted_on(p_now timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    e.provider || ' ' || e.event_id,
    format('%s since %s', e.type, e.received_at), null::timestamptz
  from engine.provider_events as e
  where e.state = 'RECEIVED'
    and e.received_at < p_now - case e.outcome
      when 'no attempt of ours' then interval '2 hours' else interval '15 minutes'
    end;
end;
$$;

ALTER FUNCTION engine.an_event_is_acted_on(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: an_event_is_kept_once(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.an_event_is_kept_once(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    e.provider || ' ' || e.event_id,
    format('%s times', count(*)), min(e.received_at)
  from engine.provider_events as e
  where e.received_at >= p_since
  group by e.provider, e.event_id
  having count(*) > 1;
end;
$$;

ALTER FUNCTION engine.an_event_is_kept_once(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: an_order_is_sent_once_after_its_intent(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.an_order_is_sent_once_after_its_intent(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
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
end;
$$;

ALTER FUNCTION engine.an_order_is_sent_once_after_its_intent(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: an_unknown_order_is_not_let_go(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.an_unknown_order_is_not_let_go(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
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
end;
$$;

ALTER FUNCTION engine.an_unknown_order_is_not_let_go(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: apply_airport_overrides(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_airport_overrides() RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.airports as a (
    iata, name, city, country, time_zone, latitude, longitude
  )
  select
    n.iata,
    coalesce(n.name, k.name),
    coalesce(n.city, k.city),
    coalesce(n.country, k.country),
    coalesce(n.time_zone, k.time_zone),
    coalesce(n.latitude, k.latitude),
    coalesce(n.longitude, k.longitude)
  from (
    select distinct on (o.iata) o.*
    from engine.airport_overrides as o
    where o.airports is null
    order by o.iata, o.id desc
  ) as n
  left join engine.airports as k on n.iata = k.iata
  on conflict (iata) do update
  set
    name = excluded.name,
    city = excluded.city,
    country = excluded.country,
    time_zone = excluded.time_zone,
    latitude = excluded.latitude,
    longitude = excluded.longitude
  where a is distinct from excluded;

  insert into engine.metropolitan_areas as m (iata, name, time_zone, airports)
  select
    n.iata,
    coalesce(n.name, k.name),
    coalesce(n.time_zone, k.time_zone),
    n.airports
  from (
    select distinct on (o.iata) o.*
    from engine.airport_overrides as o
    where o.airports is not null
    order by o.iata, o.id desc
  ) as n
  left join engine.metropolitan_areas as k on n.iata = k.iata
  on conflict (iata) do update
  set
    name = excluded.name,
    time_zone = excluded.time_zone,
    airports = excluded.airports
  where m is distinct from excluded;
end;
$$;

ALTER FUNCTION engine.apply_airport_overrides() OWNER TO skylatch_owner;

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
-- Name: apply_event(engine.provider_events, engine.event_effects, uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_event(p_event engine.provider_events, p_effect engine.event_effects, p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_attempt public.booking_attempts;
  v_state engine.saga_states;
  v_intent text := coalesce(
    p_event.hints ->> 'payment_intent',
    case when p_effect.operation = 'look_payment' then p_event.object_id end
  );
  v_order text := p_event.hints ->> 'order_id';
  v_look text;
  v_began_at timestamptz := clock_timestamp();
begin
  if p_effect.effect = 'CARDS' then
    perform engine.enqueue_look(
      p_effect.operation, m.stripe_payment_method_id,
      jsonb_build_object('payment_method', m.stripe_payment_method_id),
      null::public.booking_attempts, p_now
    )
    from public.payment_methods as m
    where m.stripe_customer_id = p_event.object_id and m.detached_at is null
    order by m.stripe_payment_method_id;
    return case when found then 'looks' else 'not ours' end;
  end if;

  perform engine.take_trip(p_user_id, a.trip_request_id)
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update;
  if v_attempt.id is null
    and (
      p_effect.operation in ('look_payment', 'look_order')
      or p_effect.operation = 'look_charge' and v_intent is not null
    )
  then
    return null;
  end if;

  if v_attempt.trace_sampled then
    perform engine.add_span(
      v_attempt.trace_id,
      engine.child_span(10, hashtextextended(p_event.event_id, 0)),
      engine.attempt_span(7, v_attempt.id, 0), 'callback', v_began_at,
      jsonb_build_object(
        'attempt', v_attempt.id, 'provider', p_event.provider,
        'event', p_event.event_id, 'type', p_event.type,
        'received_at', p_event.received_at, 'received_by', p_event.received_by,
        'from', v_attempt.state
      )
    );
  end if;
  if p_effect.effect = 'HINT' then
    if v_attempt.order_id = v_order then
      return 'known';
    end if;
    update public.booking_attempts as a
    set order_hint = v_order
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and a.status = 'PENDING'
      and a.order_id is null;
  end if;
  select s.* into v_state from engine.saga_states as s where s.state = v_attempt.state;
  if not v_state.is_final then
    perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    -- It reads both providers by itself, as long as nobody was asked to decide.
    if p_effect.effect in ('HINT', 'NUDGE') and not v_state.is_parked then
      return 'nudged';
    end if;
  end if;

  -- Events come in bursts: one read, a little later, is for all of them.
  v_look := case
    when p_effect.operation = 'look_charge' and v_attempt.id is not null
      then 'look_payment'
    else p_effect.operation
  end;
  perform engine.enqueue_look(
    v_look,
    case v_look
      when 'look_order' then coalesce(v_order, v_attempt.order_id, v_attempt.offer_id)
      when 'look_payment' then coalesce(v_intent, v_attempt.payment_intent_id)
      else p_event.object_id
    end,
    case v_look
      when 'look_order' then jsonb_strip_nulls(
        jsonb_build_object(
          'offer_id', v_attempt.offer_id,
          'order_id', coalesce(v_order, v_attempt.order_id)
        )
      )
      when 'look_payment' then jsonb_build_object(
        'payment_intent', coalesce(v_intent, v_attempt.payment_intent_id)
      )
      else jsonb_build_object(
        case v_look
          when 'look_charge' then 'charge'
          when 'look_dispute' then 'dispute'
          when 'look_warning' then 'warning'
          when 'look_refund' then 'refund'
          when 'look_method' then 'payment_method'
        end,
        p_event.object_id
      )
    end,
    v_attempt, p_now + interval '2 seconds'
  );
  return v_look;
end;
$$;

ALTER FUNCTION engine.apply_event(p_event engine.provider_events, p_effect engine.event_effects, p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: apply_events(integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_events(p_limit integer, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '250ms'
    AS $$
declare
  v_found record;
  v_event engine.provider_events;
  v_effect engine.event_effects;
  v_taken integer := 0;
  v_outcome text;
  v_state text;
begin
  for v_found in
    with due as materialized (
      select e.provider, e.event_id, e.object_id, e.hints
      from engine.provider_events as e
      where e.state = 'RECEIVED'
        -- 0, 5, 15, 35, 75 seconds ...; the twelfth try is after almost six hours.
        and e.received_at
        + make_interval(secs => 5 * (power(2, e.tries) - 1)) <= p_now
      order by e.received_at, e.event_id
      limit p_limit
      for update skip locked
    )
    select
      d.provider,
      d.event_id,
      a.user_id,
      a.id as attempt_id,
      engine.trace_hex(coalesce(a.trace_id, a.id)) as trace
    from due as d
    left join lateral engine.event_attempt(d.object_id, d.hints) as a on true
    order by a.trip_request_id, d.object_id, d.event_id
  loop
    v_taken := v_taken + 1;
    select e.* into v_event
    from engine.provider_events as e
    where e.provider = v_found.provider and e.event_id = v_found.event_id;
    select f.* into v_effect
    from engine.event_effects as f
    where f.provider = v_event.provider and f.type = v_event.type;
    begin
      if not found or v_effect.effect = 'IGNORE' then
        v_state := 'IGNORED';
        v_outcome := case when found then 'of no consequence' else 'unknown type' end;
      elsif engine.belongs_elsewhere(v_event.hints) then
        v_state := 'IGNORED';
        v_outcome := 'of another installation';
      else
        v_outcome := engine.apply_event(
          v_event, v_effect, v_found.user_id, v_found.attempt_id, p_now
        );
        v_state := case
          when v_outcome is not null then 'APPLIED'
          when v_event.received_at < p_now - interval '1 hour' then 'IGNORED'
          else 'RECEIVED'
        end;
        v_outcome := coalesce(v_outcome, 'no attempt of ours');
      end if;
    exception when others then
      v_outcome := sqlstate || ' ' || sqlerrm;
      -- A lock that could not be had in time, or a full disk, says nothing about it.
      v_state := case
        when sqlstate in ('40001', '40P01', '55P03', '53100', 'SK308')
          or v_event.tries < 7 then 'RECEIVED'
        else 'DEAD'
      end;
      if sqlstate = '55P03' then
        perform engine.wait_less();
      end if;
      raise warning 'event % (trace %) not applied: %',
        v_event.event_id, v_found.trace, v_outcome;
    end;
    update engine.provider_events as e
    set
      state = v_state,
      tries = least(e.tries + 1, 12),
      outcome = v_outcome,
      applied_at = case when v_state <> 'RECEIVED' then p_now end
    where e.provider = v_event.provider and e.event_id = v_event.event_id;
    if v_state <> 'RECEIVED' then
      perform engine.raise_counter(
        'webhook_processed_total',
        jsonb_build_object(
          'provider', v_event.provider, 'outcome', lower(v_state collate "C")
        ),
        1
      );
    end if;
    if v_state = 'DEAD' then
      perform engine.open_case(
        'POISON', v_event.event_id, null::public.booking_attempts,
        format('The event %s of %s cannot be applied.', v_event.type, v_event.provider),
        jsonb_build_object('event', to_jsonb(v_event), 'error', v_outcome), p_now
      );
    end if;
  end loop;
  if v_taken > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_taken;
end;
$$;

ALTER FUNCTION engine.apply_events(p_limit integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: apply_exchange_rate(bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_exchange_rate(p_change_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.exchange_rates as r (base, quote, as_of, rate, source)
  select c.base, c.quote, c.as_of, c.rate, c.source
  from engine.exchange_rate_changes as c
  where c.id = p_change_id
  on conflict (base, quote, source, as_of) do update set rate = excluded.rate;
end;
$$;

ALTER FUNCTION engine.apply_exchange_rate(p_change_id bigint) OWNER TO skylatch_owner;

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
    trace_id uuid,
    trace_sampled boolean,
    CONSTRAINT provider_calls_attempt CHECK (((booking_attempt_id IS NULL) = (attempt_epoch IS NULL))),
    CONSTRAINT provider_calls_finished CHECK (((state = ANY (ARRAY['DONE'::text, 'UNKNOWN'::text, 'DEAD'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT provider_calls_idempotency_key CHECK (((idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'::text) AND (idempotency_key !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'::text))),
    CONSTRAINT provider_calls_lease CHECK (((state = ANY (ARRAY['CLAIMED'::text, 'SENT'::text])) = (lease_until IS NOT NULL))),
    CONSTRAINT provider_calls_owner CHECK ((((user_id IS NULL) = (trip_request_id IS NULL)) AND ((user_id IS NOT NULL) OR (booking_attempt_id IS NULL)))),
    CONSTRAINT provider_calls_sent CHECK (((state <> 'SENT'::text) OR (sent_at IS NOT NULL))),
    CONSTRAINT provider_calls_state CHECK ((state = ANY (ARRAY['READY'::text, 'CLAIMED'::text, 'SENT'::text, 'DONE'::text, 'UNKNOWN'::text, 'DEAD'::text])))
);

ALTER TABLE ONLY engine.provider_calls FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.provider_calls OWNER TO skylatch_owner;

--
-- Name: apply_look(engine.provider_calls, engine.call_report, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.apply_look(p_call engine.provider_calls, p_report engine.call_report, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

ALTER FUNCTION engine.apply_look(p_call engine.provider_calls, p_report engine.call_report, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: ask_cancellation(uuid, numeric); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.ask_cancellation(p_booking_id uuid, p_min_refund numeric) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_booking public.flight_bookings;
  v_attempt public.booking_attempts;
begin
  select b.* into v_booking
  from public.flight_bookings as b
  where b.id = p_booking_id and engine.may_act_for(b.user_id);
  if v_booking.id is null then
    raise exception using
      errcode = 'SK106',
      message = 'no such booking',
      detail = jsonb_build_object('booking', p_booking_id),
      column = 'p_booking_id',
      hint = 'Check the id and who is signed in.';
  elsif p_min_refund < 0
    or p_min_refund > v_booking.price
    or p_min_refund = 'NaN'
    or engine.stripe_amount(nullif(p_min_refund, 0), v_booking.currency) is null
    and p_min_refund > 0
  then
    raise exception using
      errcode = 'SK018',
      message = 'the least refund is not an amount of this booking',
      detail = jsonb_build_object(
        'field', 'p_min_refund', 'value', p_min_refund, 'price', v_booking.price,
        'currency', v_booking.currency
      ),
      column = 'p_min_refund',
      hint = 'From 0 (whatever it returns) to the price (everything, the default).';
  end if;
  perform engine.lock_trip(v_booking.trip_request_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_booking.user_id and a.id = v_booking.booking_attempt_id
  for no key update;
  select b.* into v_booking
  from public.flight_bookings as b
  where b.user_id = v_booking.user_id and b.id = v_booking.id;
  if v_booking.status <> 'CONFIRMED' then
    return v_booking.status;
  elsif v_attempt.state <> 'CONFIRMED' then
    return v_attempt.state;
  end if;
  update public.booking_attempts as a
  set min_refund = coalesce(p_min_refund, v_booking.price)
  where a.user_id = v_attempt.user_id and a.id = v_attempt.id;
  update public.flight_bookings as b
  set attention = 'Asking the airline what cancelling returns.'
  where b.user_id = v_booking.user_id and b.id = v_booking.id;
  return engine.command_attempt(
    v_attempt.user_id, v_attempt.id, 'CANCEL', engine.caller(),
    'booking:' || p_booking_id,
    engine.asked_by(v_booking.user_id) || ' asked to cancel', v_now
  );
end;
$$;

ALTER FUNCTION engine.ask_cancellation(p_booking_id uuid, p_min_refund numeric) OWNER TO skylatch_owner;

--
-- Name: asked_by(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.asked_by(p_user_id uuid) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (p_user_id = auth.uid()) THEN 'the traveller'::text ELSE 'the application'::text END;

ALTER FUNCTION engine.asked_by(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: child_span(integer, bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.child_span(p_kind integer, p_of bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((p_kind)::bigint << 58) | (p_of & '288230376151711743'::bigint));

ALTER FUNCTION engine.child_span(p_kind integer, p_of bigint) OWNER TO skylatch_owner;

--
-- Name: trace_hex(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.trace_hex(p_trace_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace((p_trace_id)::text, '-'::text, ''::text);

ALTER FUNCTION engine.trace_hex(p_trace_id uuid) OWNER TO skylatch_owner;

--
-- Name: attempt_span(integer, uuid, bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.attempt_span(p_kind integer, p_attempt_id uuid, p_number bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN engine.child_span(p_kind, (((('x'::text || "right"(engine.trace_hex(p_attempt_id), 15)))::bit(60))::bigint + p_number));

ALTER FUNCTION engine.attempt_span(p_kind integer, p_attempt_id uuid, p_number bigint) OWNER TO skylatch_owner;

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
  set
    heartbeat_at = clock_timestamp(),
    source = p_source,
    source_failed_at = null,
    source_problem = null
  where s.initialized
  returning s.generation into v_generation;
  return v_generation;
end;
$$;

ALTER FUNCTION engine.beat_flags(p_source text) OWNER TO skylatch_owner;

--
-- Name: beat_job(text, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.beat_job(p_job text, p_done boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.job_beats as b
  set
    last_succeeded_at = case when p_done then v_now else b.last_succeeded_at end,
    last_succeeded_by = case
      when p_done then session_user::text else b.last_succeeded_by
    end,
    cron_succeeded_at = case
      when session_user = 'skylatch_cron' then v_now else b.cron_succeeded_at
    end
  from (
    select f.job
    from engine.job_beats as f
    where f.job = p_job
    for no key update skip locked
  ) as free
  where b.job = free.job;
end;
$$;

ALTER FUNCTION engine.beat_job(p_job text, p_done boolean) OWNER TO skylatch_owner;

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
    asked_at timestamp with time zone,
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
-- Name: begin_attempt(public.trip_requests, uuid, text, timestamp with time zone, engine.trace_context, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context DEFAULT NULL::engine.trace_context, p_hand_to text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_offer public.flight_offers;
  v_attempt public.booking_attempts;
  -- The limit in the offer's currency.
  v_limit record;
  v_problem text;
  v_flags jsonb;
  v_began_at timestamptz := clock_timestamp();
  v_trace engine.trace_context := p_trace;
  -- The trace of the search that found the offer, where this one is another.
  v_link text;
  v_call_id bigint;
begin
  -- In one statement, so that what is kept is what was decided on.
  select engine.pin_flags(p_trip.user_id) into v_flags
  from engine.require_pipeline(p_trip.user_id, p_now);
  perform engine.require_bookable(p_trip);
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.trip_request_id = p_trip.id
  for no key update;
  select c.* into v_limit
  from engine.convert_cap(p_trip, v_offer.price_currency, p_now) as c;
  v_problem := case
    when v_offer.id is null
      or v_offer.status <> 'ACTIVE'
      or v_offer.rank is null
      or v_offer.search_round <> p_trip.search_round
      or v_offer.expires_at < p_now + interval '2 minutes' then 'offer'
    when (v_offer.price_amount <= v_limit.cap) is not true then 'price'
  end;
  if v_problem is not null then
    raise exception using
      errcode = 'SK102',
      message = 'no offer of this trip can be booked now',
      detail = jsonb_build_object('trip', p_trip.id, 'problem', v_problem),
      hint = 'Search again with duffel_search; rank_offers shows what fits and why not.';
  end if;
  perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
  perform engine.check_party(p_trip.user_id, p_trip.id);
  perform engine.check_consent(p_trip);
  -- Two trips of one traveller that begin at once are decided one after the other.
  perform engine.lock_traveller(p_trip.user_id);
  perform engine.check_failures(p_trip.user_id, p_now);
  v_problem := engine.spending_problem(
    p_trip.user_id, v_offer.price_currency, v_offer.price_amount, p_now
  );
  if v_problem is not null then
    raise exception using
      errcode = 'SK109',
      message = 'the traveller''s spending limit does not allow this',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = v_problem;
  end if;
  perform engine.check_ceilings(
    p_trip.user_id, p_trip.id, v_offer.price_currency, v_offer.price_amount, p_now
  );

  if v_trace.trace_id is null then
    v_trace.trace_id := gen_random_uuid();
    v_trace.span_id := null;
    v_trace.is_sampled := random() < engine.trace_ratio(p_now);
    v_link := (
      select engine.traceparent(
        c.trace_id, c.trace_sampled, engine.call_span(6, c.id, 0)
      )
      from engine.provider_calls as c
      where c.user_id = p_trip.user_id
        and c.trip_request_id = p_trip.id
        and c.operation = 'search'
        and c.state = 'DONE'
      order by c.finished_at desc
      limit 1
    );
  end if;
  insert into public.booking_attempts as a (
    user_id, trip_request_id, attempt_no, state, idempotency_key, flight_offer_id,
    offer_id, agreed_amount, currency, cap_amount, trip_version, flags,
    payment_method_id, started_at, state_changed_at, trace_id, trace_sampled
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
    v_limit.cap,
    p_trip.version,
    v_flags,
    p_trip.payment_method_id,
    p_now,
    p_now,
    v_trace.trace_id,
    v_trace.is_sampled
  from public.booking_attempts as b
  where b.user_id = p_trip.user_id and b.trip_request_id = p_trip.id
  returning a.* into v_attempt;
  perform engine.freeze_party(v_attempt);
  v_problem := engine.overlap_problem(p_trip.user_id, v_attempt.id);
  if v_problem is not null then
    raise exception using
      errcode = 'SK110',
      message = 'a passenger is on another flight at that time',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = v_problem;
  end if;

  update public.flight_offers as o
  set status = 'SELECTED', updated_at = p_now
  where o.user_id = v_offer.user_id and o.id = v_offer.id;
  update public.trip_requests as t
  set
    auto_book_status = 'BOOKING',
    selected_offer_id = v_offer.id,
    status_reason = format(
      'Booking %s for %s.', v_offer.airline,
      engine.format_money(v_offer.price_amount, v_offer.price_currency)
    ),
    status_changed_at = p_now
  where t.user_id = p_trip.user_id and t.id = p_trip.id;
  perform engine.log_event(
    v_attempt.user_id, v_attempt.trip_request_id, v_attempt.id, p_actor,
    'offer:' || v_offer.offer_id, null, 'REPRICING',
    'the best offer fits: booking it',
    jsonb_build_object(
      'offer', v_offer.offer_id, 'amount', v_offer.price_amount::text,
      'currency', v_offer.price_currency, 'cap', v_limit.cap::text,
      'rate', v_limit.rate::text, 'rate_as_of', v_limit.rate_as_of,
      'score', v_offer.score
    ) || case
      when v_link is null then '{}' else jsonb_build_object('found_by', v_link)
    end,
    v_trace.trace_id
  );
  v_call_id := engine.enqueue_call(v_attempt, 'get_offer', p_now, p_hand_to);
  if v_trace.is_sampled then
    perform engine.add_span(
      v_trace.trace_id, engine.attempt_span(7, v_attempt.id, 0), v_trace.span_id,
      'begin', v_began_at,
      jsonb_build_object(
        'trip', p_trip.id, 'attempt', v_attempt.id, 'offer', v_offer.offer_id,
        'next_call', v_call_id, 'link', v_link
      )
    );
  end if;
  return v_call_id;
end;
$$;

ALTER FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text) OWNER TO skylatch_owner;

--
-- Name: belongs_elsewhere(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.belongs_elsewhere(p_metadata jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return coalesce(
    p_metadata ->> 'installation_id' <> engine.installation_id()::text, false
  );
end;
$$;

ALTER FUNCTION engine.belongs_elsewhere(p_metadata jsonb) OWNER TO skylatch_owner;

--
-- Name: best_offer(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.best_offer(p_trip public.trip_requests) RETURNS uuid
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select o.id
    from public.flight_offers as o
    where o.user_id = p_trip.user_id
      and o.trip_request_id = p_trip.id
      and o.search_round = p_trip.search_round
      and o.status = 'ACTIVE'
      and o.rank = 1
  );
end;
$$;

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
  perform engine.require_bookable(v_trip);
  perform engine.check_failures(v_trip.user_id, v_now);
  perform engine.check_card(v_trip.user_id, v_trip.payment_method_id, v_now);
  perform engine.check_party(v_trip.user_id, v_trip.id);
  perform engine.check_consent(v_trip);
  perform engine.rank_trip(v_trip.user_id, p_trip_id, v_now);
  v_best := engine.best_offer(v_trip);
  perform engine.begin_attempt(v_trip, v_best, engine.caller(), v_now);
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
-- Name: booking_look_interval(interval); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.booking_look_interval(p_ahead interval) RETURNS interval
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (p_ahead IS NOT NULL) THEN GREATEST('01:00:00'::interval, LEAST('7 days'::interval, (p_ahead / (14)::double precision))) ELSE NULL::interval END;

ALTER FUNCTION engine.booking_look_interval(p_ahead interval) OWNER TO skylatch_owner;

--
-- Name: bootstrap_problems(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.bootstrap_problems() RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query select r.* from engine.role_problems() as r;
  return query select n.* from engine.net_problems() as n;

  return query
  select p.problem
  from (
    values
      (
        'the extension plpython3u is missing',
        not exists (select from pg_extension as e where e.extname = 'plpython3u')
      ),
      (
        'everybody may create temporary tables in this database',
        has_database_privilege('public', current_database(), 'temporary')
      ),
      (
        'the schema engine is not skylatch_owner''s',
        not exists (
          select from pg_namespace as n
          where n.nspname = 'engine' and n.nspowner = to_regrole('skylatch_owner')
        )
      ),
      (
        'skylatch_owner may not create in the schema public',
        not has_schema_privilege('skylatch_owner', 'public', 'create')
        or not has_schema_privilege('skylatch_owner', 'public', 'usage')
      ),
      (
        'skylatch_owner may not use auth.users',
        to_regclass('auth.users') is null
        or not has_schema_privilege('skylatch_owner', 'auth', 'usage')
        or not has_table_privilege('skylatch_owner', 'auth.users', 'select')
        or not has_table_privilege('skylatch_owner', 'auth.users', 'references')
      ),
      ('auth.uid() is missing', to_regprocedure('auth.uid()') is null),
      (
        'skylatch_owner may not read which history this is',
        not exists (
          select from pg_proc as p
          cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
          where p.oid = to_regprocedure('pg_control_system()')
            and g.grantee in (0, to_regrole('skylatch_owner'))
        )
      ),
      (
        'new functions of skylatch_owner are everybody''s',
        not exists (
          select from pg_default_acl as a
          where a.defaclrole = to_regrole('skylatch_owner')
            and a.defaclnamespace = 0
            and a.defaclobjtype = 'f'
            and not exists (
              select from aclexplode(a.defaclacl) as g where g.grantee = 0
            )
        )
      )
  ) as p (problem, is_so)
  where p.is_so
  union all
  select
    format(
      '%s may create in the schema public', coalesce(to_regrole(r.name)::text, 'everybody')
    )
  from pg_namespace as n
  cross join lateral aclexplode(n.nspacl) as g
  inner join unnest(
    '{public,anon,authenticated,service_role,authenticator,skylatch_sidecar,skylatch_cron,'
    'skylatch_operator,skylatch_feed,skylatch_watch}'
    ::text[]
  ) as r (name)
    on g.grantee = coalesce(to_regrole(r.name), 0)
  where n.nspname = 'public' and g.privilege_type = 'CREATE'
  union all
  select format('%s may not use the schema public', r.name)
  from unnest(
    '{anon,authenticated,service_role,skylatch_sidecar,skylatch_cron,skylatch_operator}'
    ::text[]
  ) as r (name)
  where to_regrole(r.name) is not null
    and not has_schema_privilege(r.name, 'public', 'usage')
  union all
  select
    case
      when f.everybody then format('everybody may call %s', f.names)
      else format('skylatch_owner may not call %s', f.names)
    end
  from (
    select g.everybody, string_agg(distinct p.proname, ', ') as names
    from pg_proc as p
    cross join lateral (
      select
        coalesce(bool_or(g.grantee = 0), false) as everybody,
        coalesce(bool_or(g.grantee = to_regrole('skylatch_owner')), false) as ours
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    ) as g
    cross join lateral (
      select p.proname ~ '^pg_(try_)?advisory' as is_lock
    ) as k
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        k.is_lock and (g.everybody or not g.ours)
        or g.everybody and p.proname in (
          'lo_creat', 'lo_create', 'lo_from_bytea', 'pg_logical_emit_message'
        )
      )
    group by g.everybody
  ) as f
  union all
  select 'service_role may lock auth.users'
  from pg_class as c
  where c.oid = to_regclass('auth.users')
    and c.relowner = to_regrole('skylatch_owner')
    and exists (
      select from aclexplode(c.relacl) as g
      where g.grantee = to_regrole('service_role') and g.privilege_type = 'UPDATE'
    );
end;
$$;

ALTER FUNCTION engine.bootstrap_problems() OWNER TO skylatch_owner;

--
-- Name: build_request(engine.provider_calls); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.build_request(p_call engine.provider_calls) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_attempt public.booking_attempts;
  v_card public.payment_methods;
begin
  if p_call.operation = 'search' then
    return p_call.payload -> 'request';
  elsif p_call.operation = 'cancel_orphan_payment' and (
    -- Since it was asked for, the attempt may have been opened again.
    select engine.may_have_order(a.user_id, a.id, p_call.created_at)
    from public.booking_attempts as a
    where a.id = (p_call.payload ->> 'attempt_id')::uuid
  ) then
    return null;
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
                'title', p.title,
                'gender', p.gender,
                'given_name', p.given_name,
                'family_name', p.family_name,
                'born_on', to_char(p.born_on::timestamp, 'YYYY-MM-DD'),
                'email', p.email,
                'phone_number', p.phone_number
              )
            )
            order by p.passenger_id
          )
          from engine.booking_attempt_passengers as p
          where p.user_id = v_attempt.user_id and p.booking_attempt_id = v_attempt.id
        ),
        'payments', jsonb_build_array(
          jsonb_build_object(
            'type', 'balance',
            'amount', v_attempt.agreed_amount::text,
            'currency', v_attempt.currency
          )
        ),
        'metadata', engine.our_mark(v_attempt)
      );
    when 'create_payment' then
      select m.* into v_card
      from public.payment_methods as m
      where m.user_id = v_attempt.user_id and m.id = v_attempt.payment_method_id;
      return jsonb_build_object(
        'amount', engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency),
        'currency', lower(v_attempt.currency collate "C"),
        'customer', v_card.stripe_customer_id,
        'payment_method', v_card.stripe_payment_method_id,
        'metadata', engine.our_mark(v_attempt)
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
        'metadata', (engine.our_mark(v_attempt) - 'trip_request_id') || jsonb_build_object(
          'refund_id', format('%s:%s', v_attempt.id, v_attempt.refund_no)
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
  raise warning 'request of call % (trace %) not built: % %',
    p_call.id, engine.trace_hex(p_call.trace_id), sqlstate, sqlerrm;
  return null;
end;
$$;

ALTER FUNCTION engine.build_request(p_call engine.provider_calls) OWNER TO skylatch_owner;

--
-- Name: buy_or_wait(public.trip_requests, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.buy_or_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) RETURNS TABLE(decision text, reason text, price numeric, fall_chance real, lost_chance real, expected_saving numeric, samples integer, decide_by timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
declare
  -- Independent departures below which nothing is said.
  c_samples constant integer := 10;
  c_lost constant numeric := 0.10;
  c_saving constant numeric := 0.02;
  -- A past that does not repeat itself costs money; it must not cost the trip.
  c_room constant numeric := 1.03;
  v_today date := (p_now at time zone 'UTC')::date;
  v_offer public.flight_offers;
  v_search public.fare_history;
  v_zone text;
  v_typical numeric;
  -- Cheap tickets must be bought 21, 14 or 7 days ahead: none waits into that unasked.
  v_decide_on date := coalesce(p_trip.decide_by, p_trip.departure_from - 21);
  v_days integer;
  v_any_route boolean;
  v_outlook record;
  v_fits text;
  v_until text;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id and o.id = p_flight_offer_id;
  select a.time_zone into v_zone
  from engine.airports as a where a.iata = v_offer.itinerary #>> '{0,origin}';
  decision := 'BUY';
  price := v_offer.price_amount;
  samples := 0;
  decide_by := v_decide_on::timestamp at time zone coalesce(v_zone, 'UTC');
  v_fits := format('Fits at %s; ', engine.format_money(price, v_offer.price_currency));
  -- Further than six weeks ahead the past has little to say: then it is asked again.
  v_days := least(v_decide_on - v_today, 42);
  v_until := to_char((v_today + v_days)::timestamp, 'FMDD FMMonth');
  if p_now >= decide_by or v_days < 1 then
    reason := v_fits || format(
      'the day to decide by, %s, is here.', to_char(v_decide_on::timestamp, 'FMDD FMMonth')
    );
    return next;
    return;
  elsif v_offer.price_currency <> p_trip.currency then
    reason := v_fits || 'what the rate will do is not bet on.';
    return next;
    return;
  elsif p_trip.max_price < c_room * price then
    reason := v_fits || 'a small rise would put it over the limit.';
    return next;
    return;
  elsif p_trip.searches >= 0.9 * p_trip.max_searches then
    reason := v_fits || 'few searches are left to wait with.';
    return next;
    return;
  elsif (
    select count(*)
    from public.flight_offers as o
    where o.user_id = p_trip.user_id
      and o.trip_request_id = p_trip.id
      and o.search_round = p_trip.search_round
      and o.status = 'ACTIVE'
      and o.rank <= 2
  ) < 2 then
    reason := v_fits || 'no other offer fits, and this one may go.';
    return next;
    return;
  end if;

  -- The search that found it; it may have named the city.
  select h.* into v_search
  from public.fare_history as h
  where h.user_id = p_trip.user_id
    and h.trip_request_id = p_trip.id
    and h.search_round = p_trip.search_round
    and h.searched_at between p_now - interval '1 day' and p_now
    and h.currency = v_offer.price_currency
    and h.cheapest <= v_offer.price_amount
    and h.departure_date
    = (v_offer.itinerary #>> '{0,segments,0,departing_at}')::timestamp::date
    and h.return_date is not distinct from
    (v_offer.itinerary #>> '{1,segments,0,departing_at}')::timestamp::date
    and v_offer.itinerary #>> '{0,origin}' in (
      select h.origin
      union all
      select unnest(m.airports)
      from engine.metropolitan_areas as m where m.iata = h.origin
    )
    and v_offer.itinerary #>> '{0,destination}' in (
      select h.destination
      union all
      select unnest(m.airports)
      from engine.metropolitan_areas as m where m.iata = h.destination
    )
  order by h.searched_at desc, h.id desc
  limit 1;
  select d.typical into v_typical
  from engine.daily_fares as d
  where d.user_id = p_trip.user_id
    and d.trip_request_id = p_trip.id
    and d.origin = v_search.origin
    and d.destination = v_search.destination
    and d.departure_date = v_search.departure_date
    and d.return_date = coalesce(v_search.return_date, 'infinity')
    and d.day = v_today;

  -- This route, else all.
  foreach v_any_route in array array[false, true] loop
    select f.* into v_outlook
    from engine.fare_outlook(
      case when not v_any_route then v_search.origin end,
      case when not v_any_route then v_search.destination end,
      v_offer.price_currency,
      v_search.departure_date - v_today,
      v_days,
      engine.fare_standing(v_search.cheapest, v_typical),
      p_trip.max_price / v_offer.price_amount,
      v_today
    ) as f;
    exit when v_outlook.samples >= c_samples;
  end loop;
  samples := v_outlook.samples;
  if samples < c_samples then
    reason := v_fits || 'too few comparable fares are known to bet on a fall.';
    return next;
    return;
  end if;
  fall_chance := v_outlook.falls::real / samples;
  -- As if one more had been lost, and one more not: ten without a loss prove little.
  lost_chance := (v_outlook.losses + 1)::real / (samples + 2);
  expected_saving := round(
    price * v_outlook.saving,
    (select c.minor_digits from engine.currencies as c where c.code = p_trip.currency)
  );
  if lost_chance > c_lost then
    reason := v_fits || format(
      'waiting until %s may lose it: %s of %s comparable fares ended over the limit.',
      v_until, v_outlook.losses, samples
    );
  elsif v_outlook.saving <= greatest(c_saving, 2 * v_outlook.saving_error) then
    reason := v_fits || format(
      '%s of %s comparable fares fell before %s: not enough to wait for.',
      v_outlook.falls, samples, v_until
    );
  else
    decision := 'WAIT';
    reason := v_fits || format(
      '%s of %s comparable fares fell before %s, by %s %% on average: waiting.',
      v_outlook.falls, samples, v_until, round(100 * v_outlook.mean_fall)
    );
  end if;
  return next;
end;
$$;

ALTER FUNCTION engine.buy_or_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: call_request(engine.provider_calls, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.call_request(p_call engine.provider_calls, p_traced boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if not p_traced then
    return engine.build_request(p_call);
  end if;
  return jsonb_build_object(
    'traceparent', engine.traceparent(
      p_call.trace_id, p_call.trace_sampled,
      engine.call_span(1, p_call.id, p_call.epoch)
    ),
    'attempt', p_call.booking_attempt_id,
    'request', engine.build_request(p_call)
  );
end;
$$;

ALTER FUNCTION engine.call_request(p_call engine.provider_calls, p_traced boolean) OWNER TO skylatch_owner;

--
-- Name: call_span(integer, bigint, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.call_span(p_kind integer, p_call_id bigint, p_epoch integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((((p_kind)::bigint << 58) | ((p_call_id & '4398046511103'::bigint) << 16)) | ((p_epoch & 65535))::bigint);

ALTER FUNCTION engine.call_span(p_kind integer, p_call_id bigint, p_epoch integer) OWNER TO skylatch_owner;

--
-- Name: caller(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.caller() RETURNS text
    LANGUAGE sql STABLE
    RETURN ((SESSION_USER)::text || COALESCE((' as '::text || NULLIF(NULLIF(current_setting('role'::text, true), 'none'::text), SESSION_USER)), ''::text));

ALTER FUNCTION engine.caller() OWNER TO skylatch_owner;

--
-- Name: cancel_booked_trip(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_words text := case
    when p_attempt.refund_amount = 0 then 'nothing is returned'
    else engine.format_money(p_attempt.refund_amount, p_attempt.currency)
      || case
        when p_attempt.refunded_at is null then ' is being returned' else ' was returned'
      end
  end;
begin
  update public.flight_bookings as b
  set
    -- Where nothing was due, nothing was refunded.
    status = case
      when p_attempt.refunded_at is null or p_attempt.refund_amount = 0 then 'CANCELLED'
      else 'REFUNDED'
    end,
    cancelled_at = coalesce(b.cancelled_at, p_attempt.order_cancelled_at),
    refund_amount = p_attempt.refund_amount,
    attention = format('Cancelled; %s.', v_words)
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'CANCELLED',
    status_reason = format('The booking was cancelled; %s.', v_words),
    status_changed_at = case t.auto_book_status
      when 'BOOKED' then p_now else t.status_changed_at
    end
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    -- Again when the refund has arrived.
    and p_attempt.status = 'SUCCESS'
    and t.auto_book_status in ('BOOKED', 'CANCELLED');
end;
$$;

ALTER FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: cancel_by_airline(public.booking_attempts, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.cancel_by_airline(p_attempt public.booking_attempts, p_order jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update public.flight_bookings as b
  set
    status = 'CANCELLED',
    cancelled_at = (p_order ->> 'cancelled_at')::timestamptz,
    attention = 'The airline cancelled this booking: we are looking into your money.'
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.booking_attempts as a
  set order_cancelled_at = (p_order ->> 'cancelled_at')::timestamptz
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'ACTION_REQUIRED',
    status_reason = 'The airline cancelled the booking.',
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKED';
  perform engine.log_event(
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, 'engine',
    'order:' || p_attempt.order_id, p_attempt.state, p_attempt.state,
    'the order was cancelled, not by us',
    jsonb_strip_nulls(jsonb_build_object('cancelled_at', p_order -> 'cancelled_at'))
  );
  perform engine.open_case(
    'AIRLINE_CANCELLATION', p_attempt.order_id, p_attempt,
    format(
      'The airline cancelled a booking of %s.',
      engine.format_money(p_attempt.captured_amount, p_attempt.currency)
    ),
    jsonb_build_object(
      'found', p_order,
      'captured', p_attempt.captured_amount::text,
      'currency', p_attempt.currency
    ),
    p_now
  );
end;
$$;

ALTER FUNCTION engine.cancel_by_airline(p_attempt public.booking_attempts, p_order jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: ceiling_problem(uuid, text, numeric, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.ceiling_problem(p_user_id uuid, p_currency text, p_amount numeric, p_attempt_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_amount numeric := engine.in_base_currency(p_amount, p_currency, true, p_now);
  v_ceiling record;
  v_spent numeric;
begin
  if v_amount is null then
    return format(
      'There is no exchange rate from %s to %s to compare it with the spending ceiling.',
      p_currency, v_base
    );
  end if;
  if p_attempt_id is not null then
    perform pg_advisory_xact_lock(7302029, 0);
  end if;
  for v_ceiling in
    -- The traveller's own in place of everybody's; the installation's last.
    select distinct on (c.subject = 'installation', c.period)
      c.subject,
      c.period,
      case when c.currency = v_base then c.amount else 0 end as amount
    from engine.spending_ceilings as c
    where c.user_id is null or c.user_id = p_user_id
    order by c.subject = 'installation', c.period, c.user_id nulls last
  loop
    v_spent := case
      when v_ceiling.period = 'price' then 0
      else engine.spent_in_base(
        case when v_ceiling.subject <> 'installation' then p_user_id end,
        case
          when v_ceiling.period = 'total' then '-infinity'
          else date_trunc(v_ceiling.period, p_now, 'UTC')
        end,
        p_attempt_id,
        p_now
      )
    end;
    if (v_spent + v_amount <= v_ceiling.amount) is not true then
      return format(
        'It would pass %s of %s %s.',
        case v_ceiling.subject
          when 'installation' then 'what this service may spend,'
          else 'the most that you may spend,'
        end,
        engine.format_money(v_ceiling.amount, v_base),
        case v_ceiling.period
          when 'price' then 'for one booking'
          when 'total' then 'in total'
          else 'a ' || v_ceiling.period
        end
      );
    end if;
  end loop;
  return null;
end;
$$;

ALTER FUNCTION engine.ceiling_problem(p_user_id uuid, p_currency text, p_amount numeric, p_attempt_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: change_cron_job(text, text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_cron
--

CREATE FUNCTION engine.change_cron_job(p_action text, p_job text, p_schedule text, p_command text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regnamespace('cron') is null then
    return null;
  elsif p_action = 'start' then
    perform cron.schedule(p_job, p_schedule, p_command);
  elsif p_action = 'stop' then
    perform cron.unschedule(j.jobid)
    from cron.job as j
    where j.jobname = p_job and j.username = current_user;
  end if;
  return (
    select to_jsonb(j) - 'nodename' - 'nodeport'
    from cron.job as j
    where j.jobname = p_job and j.username = current_user
  );
end;
$$;

ALTER FUNCTION engine.change_cron_job(p_action text, p_job text, p_schedule text, p_command text) OWNER TO skylatch_cron;

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
  v_who text;
  v_trace_id uuid;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  v_trip := engine.lock_trip(p_trip_id);
  v_who := engine.asked_by(v_trip.user_id);
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
    -- Asked whether to go on, the traveller does: as many searches again.
    searches = case
      when p_action = 'resume' and t.searches >= t.max_searches then 0 else t.searches
    end,
    version = t.version + 1
  where t.user_id = v_trip.user_id and t.id = v_trip.id;
  -- Of the run that it interferes with, if there is one.
  select coalesce(a.trace_id, a.id) into v_trace_id
  from public.booking_attempts as a
  where a.user_id = v_trip.user_id
    and a.trip_request_id = v_trip.id
    and a.status = 'PENDING';
  perform engine.log_event(
    v_trip.user_id, v_trip.id, null, engine.caller(), 'trip:' || p_action,
    v_trip.auto_book_status, v_status, format('%s asked to %s', v_who, p_action), '{}',
    v_trace_id
  );
  return v_status;
end;
$$;

ALTER FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) OWNER TO skylatch_owner;

--
-- Name: charge_searches(public.trip_requests, integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.charge_searches(p_trip public.trip_requests, p_searches integer, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update engine.travellers as t
  set
    search_credit = engine.search_credit(t, l.searches_per_hour, p_now) - p_searches,
    credited_at = p_now
  from engine.traveller_limits as l
  where t.user_id = p_trip.user_id;
  update public.trip_requests as t
  set asked_at = p_now
  where t.user_id = p_trip.user_id and t.id = p_trip.id;
end;
$$;

ALTER FUNCTION engine.charge_searches(p_trip public.trip_requests, p_searches integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_card(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if not exists (
    select from public.payment_methods as m
    where m.user_id = p_user_id
      and m.id = p_card_id
      and m.detached_at is null
      and make_date(m.exp_year, m.exp_month, 1) + interval '1 month'
      > p_now at time zone 'UTC'
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
-- Name: check_ceilings(uuid, uuid, text, numeric, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_ceilings(p_user_id uuid, p_trip_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_problem text := engine.ceiling_problem(
    p_user_id, p_currency, p_amount, null, p_now
  );
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK115',
      message = 'a spending ceiling does not allow this',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = v_problem;
  end if;
end;
$$;

ALTER FUNCTION engine.check_ceilings(p_user_id uuid, p_trip_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_consent(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_consent(p_trip public.trip_requests) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_problem text := engine.consent_problem(p_trip);
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK114',
      message = 'the consent does not cover this trip as it is now',
      detail = jsonb_build_object('trip', p_trip.id, 'problem', v_problem),
      hint = format(
        'Your consent does not cover %s: agree again (consent_to_trip), then resume.',
        v_problem
      );
  end if;
end;
$$;

ALTER FUNCTION engine.check_consent(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: check_consent_text(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_consent_text(p_version text) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if not exists (
    select from engine.consent_texts as c
    where c.version = p_version and c.retired_at is null
  ) then
    raise exception using
      errcode = 'SK020',
      message = 'this consent text is not published',
      detail = jsonb_build_object(
        'field', 'consent_text_version', 'value', left(p_version, 40),
        'published', (
          select c.version from engine.consent_texts as c
          where c.retired_at is null
          order by c.published_at desc
          limit 1
        )
      ),
      column = 'consent_text_version',
      hint = 'Show the traveller the text that is published now and pass its version.';
  end if;
end;
$$;

ALTER FUNCTION engine.check_consent_text(p_version text) OWNER TO skylatch_owner;

--
-- Name: check_failures(uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_failures(p_user_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_limit integer;
  v_again_at timestamptz;
begin
  select l.failed_bookings_per_hour into v_limit from engine.traveller_limits as l;
  select a.ended_at + interval '1 hour' into v_again_at
  from public.booking_attempts as a
  where a.user_id = p_user_id
    and a.status = 'FAILED'
    and a.ended_at > p_now - interval '1 hour'
  order by a.ended_at desc
  offset v_limit - 1
  limit 1;
  if found then
    raise exception using
      errcode = 'SK113',
      message = 'too many bookings of this traveller failed within an hour',
      detail = jsonb_build_object('limit', v_limit, 'again_at', v_again_at),
      hint = format(
        'So many bookings failed that the next one begins at %s UTC or later.',
        to_char(v_again_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
      );
  end if;
end;
$$;

ALTER FUNCTION engine.check_failures(p_user_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_flag(text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_flag(p_kind text, p_key text, p_item text) RETURNS text
    LANGUAGE plpython3u STABLE
    AS $$
  import sys
  if "/usr/lib/skylatch/py/3" not in sys.path:
      sys.path.insert(0, "/usr/lib/skylatch/py/3")
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
    SET "DateStyle" TO 'ISO, MDY'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select 'one live attempt or booking per trip', f.*
  from engine.one_live_attempt_or_booking_per_trip(p_since) as f;
  return query
  select 'one live order and one capture per trip', f.*
  from engine.one_live_order_and_one_capture_per_trip(p_since) as f;
  return query
  select 'a success has its booking', f.*
  from engine.a_success_has_its_booking(p_since) as f;
  return query
  select 'a booking is what was agreed', f.*
  from engine.a_booking_is_what_was_agreed(p_since) as f;
  return query
  select 'no hold is left when an attempt fails', f.*
  from engine.no_hold_is_left_when_an_attempt_fails(p_since) as f;
  return query
  select 'nothing is kept of an attempt that failed', f.*
  from engine.nothing_is_kept_of_an_attempt_that_failed(p_since) as f;
  return query
  select 'a hold is decided before it lapses', f.*
  from engine.a_hold_is_decided_before_it_lapses(v_now) as f;
  return query
  select 'a cancelled booking says so', f.*
  from engine.a_cancelled_booking_says_so(p_since) as f;
  return query
  select 'no failure hides an order', f.*
  from engine.no_failure_hides_an_order(p_since) as f;
  return query
  select 'an unknown order is not let go', f.*
  from engine.an_unknown_order_is_not_let_go(p_since) as f;
  return query
  select 'an order is sent once, after its intent', f.*
  from engine.an_order_is_sent_once_after_its_intent(p_since) as f;
  return query
  select 'nothing is ordered or charged without an attempt', f.*
  from engine.nothing_is_ordered_or_charged_without_an_attempt() as f;
  return query
  select 'epochs never fall', f.*
  from engine.epochs_never_fall(p_since) as f;
  return query
  select 'no call is ahead of its attempt', f.*
  from engine.no_call_is_ahead_of_its_attempt(p_since) as f;
  return query
  select 'never above the limit', f.*
  from engine.never_above_the_limit(p_since) as f;
  return query
  select 'no limit of a traveller is exceeded', f.*
  from engine.no_limit_of_a_traveller_is_exceeded(p_since, v_now) as f;
  return query
  select 'nobody is on two flights at once', f.*
  from engine.nobody_is_on_two_flights_at_once(p_since) as f;
  return query
  select 'nothing begins that the flags do not allow', f.*
  from engine.nothing_begins_that_the_flags_do_not_allow(p_since) as f;
  return query
  select 'nothing begins with an expired offer', f.*
  from engine.nothing_begins_with_an_expired_offer(p_since) as f;
  return query
  select 'an event is kept once', f.*
  from engine.an_event_is_kept_once(p_since) as f;
  return query
  select 'every step is one that the saga has', f.*
  from engine.every_step_is_one_that_the_saga_has(p_since) as f;
  return query
  select 'nothing begins while booking is stopped', f.*
  from engine.nothing_begins_while_booking_is_stopped(p_since) as f;
  return query
  select 'every step is on record', f.*
  from engine.every_step_is_on_record(p_since) as f;
  return query
  select 'no card number or secret in a text', f.*
  from engine.no_card_number_or_secret_in_a_text(p_since) as f;
  return query
  select 'a traveller''s rows are behind row level security', f.*
  from engine.a_travellers_rows_are_behind_row_level_security() as f;
  return query
  select 'a view shows what its reader may see', f.*
  from engine.a_view_shows_what_its_reader_may_see() as f;
  return query
  select 'a definer function is pinned and granted by name', f.*
  from engine.a_definer_function_is_pinned_and_granted_by_name() as f;
  return query
  select 'a policy trusts no setting that a caller may set', f.*
  from engine.a_policy_trusts_no_setting_that_a_caller_may_set() as f;
  return query
  select 'an attempt goes on or waits for a person', f.*
  from engine.an_attempt_goes_on_or_waits_for_a_person(v_now) as f;
  return query
  select 'who waits for a person is in the queue', f.*
  from engine.who_waits_for_a_person_is_in_the_queue() as f;
  return query
  select 'an event is acted on', f.*
  from engine.an_event_is_acted_on(v_now) as f;
  return query
  select 'a trip says what its attempt says', f.*
  from engine.a_trip_says_what_its_attempt_says(p_since) as f;
end;
$$;

ALTER FUNCTION engine.check_invariants(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: check_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_party(p_user_id uuid, p_trip_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
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
      hint = 'Name one to nine passengers, nobody twice, at least one adult, and an adult '
        'per infant. An adult is 18 when the journey begins.';
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
-- Name: check_price_ceiling(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_price_ceiling(p_trip public.trip_requests) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_ceiling record;
begin
  select min(n.amount) as amount, min(n.base_currency) as base_currency into v_ceiling
  from (
    select distinct on (c.subject = 'installation')
      case when c.currency = m.base_currency then c.amount else 0 end as amount,
      m.base_currency
    from engine.spending_ceilings as c
    cross join engine.money_settings as m
    where c.period = 'price' and (c.user_id is null or c.user_id = p_trip.user_id)
    order by c.subject = 'installation', c.user_id nulls last
  ) as n;
  if engine.in_base_currency(p_trip.max_price, p_trip.currency, false, v_now)
    > v_ceiling.amount
  then
    raise exception using
      errcode = 'SK021',
      message = 'the highest price is above what one booking may cost',
      detail = jsonb_build_object(
        'field', 'max_price', 'value', p_trip.max_price::text,
        'ceiling', v_ceiling.amount::text, 'currency', v_ceiling.base_currency
      ),
      column = 'max_price',
      hint = format(
        'One booking may cost %s at most; an operator may raise this ceiling.',
        engine.format_money(v_ceiling.amount, v_ceiling.base_currency)
      );
  end if;
end;
$$;

ALTER FUNCTION engine.check_price_ceiling(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: check_profile(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_profile() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Otherwise row level security refuses it, and nothing is told.
  if engine.may_act_for(new.user_id) then
    perform engine.require_room(new.user_id, 'traveler_profiles');
  end if;
  return new;
end;
$$;

ALTER FUNCTION engine.check_profile() OWNER TO skylatch_owner;

--
-- Name: check_sizes(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_sizes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_row jsonb := to_jsonb(new);
  v_written jsonb;
  v_problem record;
begin
  perform engine.require_sizes(tg_table_name, v_row);
  if tg_table_name = 'traveler_profiles' then
    v_written := jsonb_build_object(
      'given_name', engine.plain_name(v_row ->> 'given_name'),
      'family_name', engine.plain_name(v_row ->> 'family_name')
    );
    new := jsonb_populate_record(new, v_written);
    v_row := v_row || v_written;
  end if;
  select p.* into v_problem from engine.field_problem(tg_table_name, v_row) as p;
  if found then
    raise exception using
      errcode = 'SK031',
      message = 'this is not a value of the field',
      detail = jsonb_build_object(
        'field', v_problem.field, 'value', left(v_row ->> v_problem.field, 40)
      ),
      column = v_problem.field,
      hint = v_problem.hint;
  end if;
  return new;
end;
$$;

ALTER FUNCTION engine.check_sizes() OWNER TO skylatch_owner;

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
  v_people integer;
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
  -- Under the trip's row lock, which the update above has taken.
  if tg_op = 'INSERT' then
    select count(*) into v_people
    from public.trip_passengers as p
    where p.user_id = new.user_id and p.trip_request_id = new.trip_request_id;
    if v_people >= 9 then
      raise exception using
        errcode = 'SK010',
        message = 'this party cannot be booked together',
        detail = jsonb_build_object('field', 'passengers', 'people', v_people + 1),
        column = 'passengers',
        hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
    end if;
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
    SET jit TO 'off'
    AS $$
declare
  v_field text;
  v_codes text[];
  v_unknown text;
  v_today date;
  v_digits smallint;
  v_searches integer;
begin
  perform engine.require_sizes('trip_requests', to_jsonb(new));
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
  select min((clock_timestamp() at time zone engine.place_zone(o.code))::date)
  into v_today
  from unnest(new.origins) as o (code);
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
    or scale(new.max_price) > 3  -- zeros too: the table's own limit
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

  -- A ceiling that was lowered meanwhile does not forbid other changes.
  if tg_op = 'INSERT'
    or (new.max_price, new.currency, new.auto_book_enabled)
    is distinct from (old.max_price, old.currency, old.auto_book_enabled)
  then
    perform engine.check_price_ceiling(new);
  end if;

  -- A day to decide by that has passed meanwhile does not forbid other changes.
  perform engine.check_wishes(
    new,
    case
      when tg_op = 'UPDATE' and new.decide_by is not distinct from old.decide_by
        then '-infinity'
      else v_today
    end
  );

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
  else
    select count(*) into v_searches
    from (select from engine.plan_searches(new, clock_timestamp()) limit 61) as s;
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
  if tg_op = 'INSERT' then
    perform engine.require_room(new.user_id, 'trip_requests');
  end if;
  return new;
end;
$$;

ALTER FUNCTION engine.check_trip_request() OWNER TO skylatch_owner;

--
-- Name: check_wishes(public.trip_requests, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.check_wishes(p_trip public.trip_requests, p_first_day date) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $_$
declare
  v_hours constant text := 'Give both ends of the window, as local times; one that '
    'ends before it starts runs over midnight.';
  v_weights constant text := 'Give weights from 0 to 1; those of price, duration and '
    'connections add up to 1.';
  v_goes_back constant boolean := p_trip.return_from is not null
    or p_trip.nights_min is not null;
  v_wish record;
begin
  select w.field, w.value, w.hint into v_wish
  from (
    select
      100 + l.place,
      l.field,
      coalesce(to_jsonb(c.code), to_jsonb(l.airlines)),
      c.is_wrong is null and cardinality(l.airlines) <= 20,
      'Use at most 20 airline codes of two capital letters or digits, such as BA or U2.'
    from (
      values
      (1, 'preferred_airlines', p_trip.preferred_airlines),
      (2, 'airlines_only', p_trip.airlines_only),
      (3, 'airlines_never', p_trip.airlines_never)
    ) as l (place, field, airlines)
    left join lateral (
      select a.code, true as is_wrong
      from unnest(l.airlines) as a (code)
      where (a.code ~ '^[A-Z0-9]{2}$') is not true
      limit 1
    ) as c on true
    union all
    select
      200 + l.place,
      l.field,
      to_jsonb(c.code),
      c.is_wrong is null,
      l.hint
    from (
      values
      (1, 'airlines_never', p_trip.airlines_only, p_trip.airlines_never, true,
        'An airline is either among the only ones or among the excluded ones.'),
      (2, 'preferred_airlines', p_trip.airlines_never, p_trip.preferred_airlines, true,
        'An excluded airline cannot be preferred.'),
      (3, 'preferred_airlines', p_trip.airlines_only, p_trip.preferred_airlines, false,
        'Only an airline that is allowed can be preferred.')
    ) as l (place, field, one, other, is_both_wrong, hint)
    left join lateral (
      select a.code, true as is_wrong
      from unnest(l.other) as a (code)
      where (a.code = any (l.one)) = l.is_both_wrong and l.one <> '{}'
      limit 1
    ) as c on true
    union all
    values
    (1, 'destinations', to_jsonb(p_trip.destinations),
      not p_trip.origins && p_trip.destinations
      and cardinality(p_trip.origins) <= 10 and cardinality(p_trip.destinations) <= 10,
      'Name up to ten places to leave from and up to ten others to go to.'),
    (2, 'return_from', to_jsonb(p_trip.return_from),
      p_trip.return_from is not null or p_trip.return_to is null,
      'Give both ends of the return window.'),
    (3, 'return_to', to_jsonb(p_trip.return_to),
      p_trip.return_to is not null or p_trip.return_from is null,
      'Give both ends of the return window.'),
    (4, 'nights_min', to_jsonb(p_trip.nights_min),
      case
        when p_trip.nights_min is null then p_trip.nights_max is null
        else p_trip.nights_min between 0 and 365
      end,
      'Give the fewest and the most nights, from 0 to 365.'),
    (5, 'nights_max', to_jsonb(p_trip.nights_max),
      case
        when p_trip.nights_max is null then p_trip.nights_min is null
        else p_trip.nights_max between 0 and 365
      end,
      'Give the fewest and the most nights, from 0 to 365.'),
    (6, 'cabin_class', to_jsonb(p_trip.cabin_class),
      p_trip.cabin_class in ('economy', 'premium_economy', 'business', 'first'),
      'Choose economy, premium_economy, business or first.'),
    (7, 'max_connections', to_jsonb(p_trip.max_connections),
      p_trip.max_connections between 0 and 2, 'Allow 0, 1 or 2 connections.'),
    (8, 'max_duration', to_jsonb(p_trip.max_duration),
      p_trip.max_duration between interval '30 minutes' and interval '72 hours'
      and extract(epoch from p_trip.max_duration) between 1800 and 72 * 3600,
      'Allow 30 minutes to 72 hours for one way.'),
    (9, 'carry_on_bags', to_jsonb(p_trip.carry_on_bags),
      p_trip.carry_on_bags between 0 and 2, 'Ask for 0 to 2 carry-on bags each.'),
    (10, 'checked_bags', to_jsonb(p_trip.checked_bags),
      p_trip.checked_bags between 0 and 3, 'Ask for 0 to 3 checked bags each.'),
    (300, 'alliances', to_jsonb(p_trip.alliances),
      p_trip.alliances <@ array['oneworld', 'skyteam', 'star_alliance'],
      'Choose among oneworld, skyteam and star_alliance.'),
    (301, 'airlines_only', to_jsonb(p_trip.airlines_only),
      p_trip.airlines_only = '{}' or p_trip.alliances = '{}' or exists (
        select from engine.airline_alliances as m
        where m.airline = any (p_trip.airlines_only)
          and m.alliance = any (p_trip.alliances)
      ),
      'None of these airlines is in the alliances you chose: drop one of the two.'),
    (310, 'layover_min', to_jsonb(p_trip.layover_min),
      p_trip.layover_min is null
      or p_trip.layover_min between interval '0' and interval '24 hours'
      and extract(epoch from p_trip.layover_min) between 0 and 24 * 3600,
      'Give 0 to 24 hours.'),
    (311, 'layover_max', to_jsonb(p_trip.layover_max),
      p_trip.layover_max is null
      or p_trip.layover_max between interval '0' and interval '48 hours'
      and extract(epoch from p_trip.layover_max) between 0 and 48 * 3600,
      'Give 0 to 48 hours.'),
    (312, 'layover_max', to_jsonb(p_trip.layover_max),
      p_trip.layover_max is null or p_trip.layover_min is null
      or p_trip.layover_min <= p_trip.layover_max,
      'The longest time for a connection is not below the shortest.'),
    (320, 'depart_after', to_jsonb(p_trip.depart_after),
      p_trip.depart_after is not null or p_trip.depart_before is null, v_hours),
    (321, 'depart_before', to_jsonb(p_trip.depart_before),
      p_trip.depart_before is not null or p_trip.depart_after is null, v_hours),
    (322, 'arrive_after', to_jsonb(p_trip.arrive_after),
      p_trip.arrive_after is not null or p_trip.arrive_before is null, v_hours),
    (323, 'arrive_before', to_jsonb(p_trip.arrive_before),
      p_trip.arrive_before is not null or p_trip.arrive_after is null, v_hours),
    (324, 'return_depart_after', to_jsonb(p_trip.return_depart_after),
      p_trip.return_depart_after is not null or p_trip.return_depart_before is null,
      v_hours),
    (325, 'return_depart_before', to_jsonb(p_trip.return_depart_before),
      p_trip.return_depart_before is not null or p_trip.return_depart_after is null,
      v_hours),
    (326, 'return_arrive_after', to_jsonb(p_trip.return_arrive_after),
      p_trip.return_arrive_after is not null or p_trip.return_arrive_before is null,
      v_hours),
    (327, 'return_arrive_before', to_jsonb(p_trip.return_arrive_before),
      p_trip.return_arrive_before is not null or p_trip.return_arrive_after is null,
      v_hours),
    (328, 'return_depart_after', to_jsonb(p_trip.return_depart_after),
      v_goes_back or p_trip.return_depart_after is null,
      'A trip one way has no hours for the way back: give return dates or nights.'),
    (329, 'return_arrive_after', to_jsonb(p_trip.return_arrive_after),
      v_goes_back or p_trip.return_arrive_after is null,
      'A trip one way has no hours for the way back: give return dates or nights.'),
    (330, 'no_red_eye', to_jsonb(p_trip.no_red_eye), p_trip.no_red_eye is not null,
      'Say true or false.'),
    (331, 'no_airport_change', to_jsonb(p_trip.no_airport_change),
      p_trip.no_airport_change is not null, 'Say true or false.'),
    (332, 'refundable', to_jsonb(p_trip.refundable), p_trip.refundable is not null,
      'Say true or false.'),
    (333, 'changeable', to_jsonb(p_trip.changeable), p_trip.changeable is not null,
      'Say true or false.'),
    (334, 'accept_unknown', to_jsonb(p_trip.accept_unknown),
      p_trip.accept_unknown is not null, 'Say true or false.'),
    (335, 'auto_book_enabled', to_jsonb(p_trip.auto_book_enabled),
      p_trip.auto_book_enabled is not null, 'Say true or false.'),
    (340, 'max_emissions_kg', to_jsonb(p_trip.max_emissions_kg),
      p_trip.max_emissions_kg is null
      or (p_trip.max_emissions_kg > 0 and p_trip.max_emissions_kg < 1000000),
      'Give more than 0 and less than 1000000 kilograms for all passengers together.'),
    (350, 'price_weight', to_jsonb(p_trip.price_weight),
      p_trip.price_weight between 0 and 1, v_weights),
    (351, 'duration_weight', to_jsonb(p_trip.duration_weight),
      p_trip.duration_weight between 0 and 1, v_weights),
    (352, 'connections_weight', to_jsonb(p_trip.connections_weight),
      p_trip.connections_weight between 0 and 1, v_weights),
    (353, 'airline_weight', to_jsonb(p_trip.airline_weight),
      p_trip.airline_weight between 0 and 1, v_weights),
    (354, 'price_weight', to_jsonb(p_trip.price_weight),
      p_trip.price_weight + p_trip.duration_weight + p_trip.connections_weight = 1,
      v_weights),
    (360, 'decide_by', to_jsonb(p_trip.decide_by),
      p_trip.decide_by is null
      or p_trip.decide_by between p_first_day and p_trip.departure_to,
      'Give a day from today to the last day of departure.'),
    (361, 'max_searches', to_jsonb(p_trip.max_searches),
      p_trip.max_searches between 1 and 10000, 'Give 1 to 10000 searches.')
  ) as w (place, field, value, fits, hint)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK013',
      message = 'a wish cannot be met as stated',
      detail = jsonb_build_object('field', v_wish.field, 'value', v_wish.value),
      column = v_wish.field,
      hint = v_wish.hint;
  end if;
end;
$_$;

ALTER FUNCTION engine.check_wishes(p_trip public.trip_requests, p_first_day date) OWNER TO skylatch_owner;

--
-- Name: choose_searches(integer, timestamp with time zone, uuid[]); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.choose_searches(p_budget integer, p_now timestamp with time zone, p_without uuid[] DEFAULT '{}'::uuid[]) RETURNS TABLE(user_id uuid, trip_request_id uuid, ordinal smallint)
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_budget integer := greatest(p_budget, 0);
  v_oldest integer := ceil(v_budget / 4.0);
begin
  return query
  with trip as materialized (
    select t.user_id, t.id, t.max_price, t.currency, t.max_searches - t.searches as rest
    from public.trip_requests as t
    where t.auto_book_status = 'PENDING'
      and t.auto_book_enabled
      and t.next_search_at <= p_now
      and t.searches < t.max_searches
      and t.user_id <> all (p_without)
    order by t.next_search_at
    limit 10000
  ),

  due as materialized (
    select
      s.user_id,
      s.trip_request_id,
      s.ordinal,
      s.search_key,
      s.next_look_at,
      t.rest,
      extract(
        epoch from p_now - coalesce(s.last_looked_at, s.next_look_at - interval '1 day')
      )::double precision / case
        when s.last_looked_at is null then 600
        else extract(
          epoch from engine.look_interval(
            s.departure_date, case when s.currency = t.currency then s.cheapest end,
            t.max_price, s.volatility, p_now
          )
        )::double precision
      end as priority,
      coalesce(
        s.offers = 0 or s.currency = t.currency and s.cheapest > t.max_price, false
      ) as watched
    from trip as t
    inner join engine.trip_searches as s
      on s.user_id = t.user_id and s.trip_request_id = t.id
    where s.next_look_at <= p_now and s.over_at > p_now
  ),

  share as (
    select
      greatest(
        1,
        least(6, v_budget / 2 - v_oldest),
        (v_budget - v_oldest) / greatest(count(distinct d.user_id), 1)
      ) as searches
    from due as d
  ),

  placed as (
    select
      d.*,
      row_number() over (
        partition by d.user_id order by d.priority desc, d.trip_request_id, d.ordinal
      ) > s.searches as beyond
    from due as d
    cross join share as s
  ),

  leader as materialized (
    select d.*
    from (
      select
        d.*,
        row_number() over (
          partition by d.search_key
          order by d.watched, d.beyond, d.priority desc, d.trip_request_id
        ) as place
      from placed as d
    ) as d
    where not d.watched or d.place = 1
  ),

  oldest as materialized (
    select l.*
    from leader as l
    order by l.next_look_at, l.trip_request_id, l.ordinal
    limit v_oldest
  ),

  chosen as (
    (
      select o.*, true as waited from oldest as o
    )
    union all
    (
      select l.*, false
      from leader as l
      where not exists (
        select from oldest as o
        where o.trip_request_id = l.trip_request_id and o.ordinal = l.ordinal
      )
      order by l.beyond, l.priority desc, l.trip_request_id, l.ordinal
      limit v_budget
    )
    order by waited desc, beyond, priority desc, trip_request_id, ordinal
    limit v_budget
  ),

  ordered as (
    select
      c.*,
      max(c.priority) over (partition by c.trip_request_id) as trips_priority,
      row_number() over (
        partition by c.trip_request_id order by c.priority desc, c.ordinal
      ) as trips_place
    from chosen as c
  )

  select p.user_id, p.trip_request_id, p.ordinal
  from ordered as p
  where p.trips_place <= p.rest
  order by p.trips_priority desc, p.trip_request_id, p.ordinal;
end;
$$;

ALTER FUNCTION engine.choose_searches(p_budget integer, p_now timestamp with time zone, p_without uuid[]) OWNER TO skylatch_owner;

--
-- Name: city_airports(text[]); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.city_airports(p_codes text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return array(
    select m.iata || a.airport
    from engine.metropolitan_areas as m
    cross join unnest(m.airports) as a (airport)
    where m.iata = any (p_codes)
      and not exists (select from engine.airports as a where a.iata = m.iata)
  );
end;
$$;

ALTER FUNCTION engine.city_airports(p_codes text[]) OWNER TO skylatch_owner;

--
-- Name: claim_calls(text, integer, integer, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer, p_traced boolean DEFAULT false) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_is_confirmed boolean := engine.history_is_confirmed(v_now);
  v_ids bigint[];
begin
  v_ids := array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.run_at <= v_now
      and engine.is_claimable(c, v_now)
      and (
        v_is_confirmed or c.operation not in (
          select o.operation from engine.operations as o where o.awaits_history
        )
      )
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
    return query
    select l.* from engine.lease_calls(p_worker, v_ids, p_traced, v_now) as l;
  end if;
end;
$$;

ALTER FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer, p_traced boolean) OWNER TO skylatch_owner;

--
-- Name: close_case(text, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update engine.review_cases
  set resolved_at = p_now, resolved_by = p_actor, resolution = p_resolution
  where kind = p_kind and object_id = p_object_id and resolved_at is null;
end;
$$;

ALTER FUNCTION engine.close_case(p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: command_attempt(uuid, uuid, text, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_attempt public.booking_attempts;
  v_as_state text;
  v_began_at timestamptz := clock_timestamp();
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
    null::engine.call_report, v_as_state, p_reason, p_actor, p_correlation_id, p_now
  );
  perform engine.wake_sidecar();
  select a.state into v_as_state
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id;
  if v_attempt.trace_sampled then
    perform engine.add_span(
      v_attempt.trace_id, engine.attempt_span(9, v_attempt.id, v_attempt.epoch),
      engine.attempt_span(7, v_attempt.id, 0), 'command', v_began_at,
      jsonb_build_object(
        'attempt', v_attempt.id, 'verdict', p_verdict, 'from', v_attempt.state,
        'to', v_as_state
      )
    );
  end if;
  return v_as_state;
end;
$$;

ALTER FUNCTION engine.command_attempt(p_user_id uuid, p_attempt_id uuid, p_verdict text, p_actor text, p_correlation_id text, p_reason text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: compare_orders(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_found integer;
  v_passed_over integer;
begin
  select j.at_odds, j.passed_over into v_found, v_passed_over
  from engine.judge_orders(
    p_body -> 'orders', coalesce(p_call.claimed_at, p_now),
    case
      when engine.history_problem() is null then p_now - interval '5 minutes'
      else 'infinity'
    end,
    p_now
  ) as j;
  perform engine.find_doubles(
    'orders', array_agg(engine.try_uuid(o.value #>> '{metadata,trip_request_id}')),
    array_agg(o.value ->> 'id'), array_agg(o.value ->> 'cancelled_at' is null), p_now
  )
  from jsonb_array_elements(p_body -> 'orders') as o
  where not engine.belongs_elsewhere(o.value -> 'metadata');
  -- What the airline did to a booking of ours without a word is in the list too.
  perform engine.note_order(
    p_call, jsonb_build_object('orders', jsonb_agg(o.value)), p_now
  )
  from jsonb_array_elements(p_body -> 'orders') as o
  inner join public.flight_bookings as b on o.value ->> 'id' = b.order_id
  where b.status = 'CONFIRMED'
    and (
      o.value ->> 'cancelled_at' is not null
      or o.value -> 'airline_initiated_changes' @> '[{}]'
    )
  having count(*) > 0;
  perform engine.finish_scan('orders', p_call, v_found, v_passed_over, p_now);
  perform engine.start_scan('payments', p_now);
  return format('%s of %s', v_found, jsonb_array_length(p_body -> 'orders'));
end;
$$;

ALTER FUNCTION engine.compare_orders(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: compare_payments(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_is_confirmed boolean := engine.history_problem() is null;
  -- When the list of orders that this one follows was asked for; null when that was too
  -- early to show everything of a lost history, so that nothing is let go of.
  v_ordered_to timestamptz := (
    select s.read_at
    from engine.scans as s
    where s.scan = 'orders'
      and s.history = engine.present_history()
      and s.read_at >= coalesce(engine.history_settles_at(), '-infinity')
  );
  v_found record;
  v_attempt public.booking_attempts;
  v_case_id bigint;
  v_number integer := 0;
  v_passed_over integer := 0;
  v_is_lost boolean := false;
begin
  select f.at_odds, f.passed_over into v_number, v_passed_over
  from engine.adopt_found(p_body -> 'payment_intents', v_read_at, p_now) as f;
  for v_found in
    with seen as materialized (
      select
        i.value as facts,
        i.value ->> 'id' as payment,
        i.value ->> 'status' as status,
        to_timestamp((i.value ->> 'created')::bigint) as made_at,
        coalesce((i.value ->> 'amount_received')::bigint, 0) as received,
        engine.try_uuid(i.value #>> '{metadata,attempt_id}') as attempt_id,
        engine.try_uuid(i.value #>> '{metadata,trip_request_id}') as trip_id,
        i.value -> 'metadata' ? 'installation_id' as is_named
      from jsonb_array_elements(p_body -> 'payment_intents') as i
      where not engine.belongs_elsewhere(i.value -> 'metadata')
    )

    select
      s.*,
      a.user_id,
      a.trip_request_id,
      -- Money, or a hold that may belong to an order, is a person's.
      case
        when s.status = 'canceled' then 'GONE'
        when s.received > 0 then 'CASE'
        when a.id is null and s.is_named and t.id is not null and (
          s.status = 'requires_capture' or not v_is_confirmed
        )
          then case
            when exists (
              select from engine.review_cases as c
              where c.kind = 'ORPHAN_ORDER'
                and c.evidence #>> '{found,metadata,attempt_id}' = s.attempt_id::text
            ) then 'CASE'
            when exists (
              select from engine.review_cases as c
              where c.kind = 'LOST_ATTEMPT'
                and c.object_id = s.attempt_id::text
                and c.resolved_at is null
                and c.evidence_at < v_ordered_to
            ) then 'CANCEL'
            else 'LOST'
          end
        when s.status <> 'requires_capture' then 'CANCEL'
        when a.id is null or a.status = 'PENDING' then 'CASE'
        when v_ordered_to is null then 'WAIT'
        else case engine.may_have_order(a.user_id, a.id, s.made_at)
          when true then 'CASE' when false then 'CANCEL' else 'WAIT'
        end
      end as finding
    from seen as s
    left join public.booking_attempts as a on s.attempt_id = a.id
    left join public.trip_requests as t on s.trip_id = t.id
    where s.attempt_id is not null
      and (
        s.made_at < p_now - interval '5 minutes'
        or not v_is_confirmed
        -- An attempt is committed before it is paid for: this one was lost.
        or a.id is null and s.is_named
      )
      and case
        when s.status = 'canceled' then exists (
          select from engine.review_cases as c
          where c.kind = 'ORPHAN_PAYMENT'
            and c.object_id = s.payment
            and c.resolved_at is null
        )
        -- The attempt's own, while it runs or when its end accounts for it.
        when s.payment = a.payment_intent_id and (
          a.ended_at is null
          or a.ended_at >= v_read_at
          or a.status = 'SUCCESS'
          or s.received > 0 and a.refunded_at is not null
        ) then false
        -- Its id is on the way.
        when a.status = 'PENDING' and a.payment_intent_id is null then false
        when s.received > 0 or s.status = 'requires_capture' then true
        when a.id is null and s.is_named and not v_is_confirmed then true
        -- No money is held: nobody waits for it after a day. One that names neither an
        -- attempt of ours nor this installation may be somebody else's.
        else s.made_at < p_now - interval '1 day' and (a.id is not null or s.is_named)
      end
    order by coalesce(a.trip_request_id, s.trip_id), s.payment
  loop
    if v_found.finding = 'GONE' then
      perform engine.close_case(
        'ORPHAN_PAYMENT', v_found.payment, 'engine', 'the payment is canceled', p_now
      );
      continue;
    elsif v_found.finding = 'WAIT' then
      continue;
    elsif v_found.finding = 'LOST' then
      v_number := v_number + 1;
      v_is_lost := true;
      perform engine.note_lost(
        v_found.attempt_id, v_found.trip_id, v_found.facts, p_now
      );
      continue;
    end if;
    if v_found.finding = 'CANCEL' then
      v_number := v_number + 1;
      perform engine.enqueue_look(
        'cancel_orphan_payment', v_found.payment,
        jsonb_build_object(
          'payment_intent', v_found.payment, 'attempt_id', v_found.attempt_id
        ),
        null, p_now
      );
      continue;
    end if;
    if not engine.hold_listed_trip(
      coalesce(v_found.trip_request_id, v_found.trip_id), v_read_at, p_now
    ) then
      v_passed_over := v_passed_over + 1;
      perform engine.note_lost(
        v_found.attempt_id, coalesce(v_found.trip_request_id, v_found.trip_id),
        v_found.facts, p_now
      );
      continue;
    end if;
    v_number := v_number + 1;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_found.user_id and a.id = v_found.attempt_id
    for no key update;
    v_case_id := engine.find_case(
      'ORPHAN_PAYMENT', v_found.payment, v_attempt,
      case
        when v_found.received > 0 then 'Stripe took money that no booking accounts for.'
        else 'Stripe holds money that no attempt accounts for.'
      end,
      jsonb_build_object('found', v_found.facts), p_now
    );
    if v_case_id is not null then
      perform engine.hold_trip(
        v_case_id, coalesce(v_found.trip_request_id, v_found.trip_id), p_now
      );
    end if;
  end loop;
  perform engine.find_doubles(
    'payments', array_agg(engine.try_uuid(i.value #>> '{metadata,trip_request_id}')),
    array_agg(i.value ->> 'id'),
    array_agg(coalesce((i.value ->> 'amount_received')::bigint, 0) > 0), p_now
  )
  from jsonb_array_elements(p_body -> 'payment_intents') as i
  where not engine.belongs_elsewhere(i.value -> 'metadata');
  perform engine.close_case(
    c.kind, c.object_id, 'engine', 'later lists show no order of it', p_now
  )
  from engine.review_cases as c
  where c.kind = 'LOST_ATTEMPT' and c.resolved_at is null and c.evidence_at < v_ordered_to;
  perform engine.finish_scan('payments', p_call, v_number, v_passed_over, p_now);
  if v_is_lost then
    perform engine.start_scan('orders', p_now + interval '5 minutes');
  end if;
  return format(
    '%s of %s', v_number, jsonb_array_length(p_body -> 'payment_intents')
  );
end;
$$;

ALTER FUNCTION engine.compare_payments(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: complete_consent(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.complete_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into public.consents (
    user_id, trip_request_id, text_version, max_price, currency, payment_method_id,
    party, given_at, actor
  )
  select
    n.user_id, n.trip_request_id, n.text_version, n.max_price, n.currency,
    n.payment_method_id, engine.consent_party(n.user_id, n.trip_request_id),
    clock_timestamp(), engine.caller()
  from (select distinct c.user_id, c.trip_request_id from changed as c) as t
  cross join lateral (
    select c.* from public.consents as c
    where c.user_id = t.user_id and c.trip_request_id = t.trip_request_id
    order by c.id desc
    limit 1
  ) as n
  where n.party = '{}';
  return null;
end;
$$;

ALTER FUNCTION engine.complete_consent() OWNER TO skylatch_owner;

--
-- Name: confirm_booking(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
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
  from engine.booking_attempt_passengers as p
  where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;
  update public.flight_offers as o
  set status = 'BOOKED', price_amount = p_attempt.agreed_amount, updated_at = p_now
  where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id;
  -- Whatever the traveller asked for meanwhile, the trip is booked: say the truth.
  update public.trip_requests as t
  set
    auto_book_status = 'BOOKED',
    selected_offer_id = p_attempt.flight_offer_id,
    status_reason = format(
      'Booked: %s, %s.', p_attempt.booking_reference,
      engine.format_money(p_attempt.agreed_amount, p_attempt.currency)
    ),
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
end;
$$;

ALTER FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: confirm_exchange_rates(bigint[], text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.confirm_exchange_rates(p_change_ids bigint[], p_reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_id bigint;
  v_change engine.exchange_rate_changes;
  v_problem text;
  v_confirmed integer := 0;
begin
  perform engine.require_size('p_change_ids', p_change_ids::text[], 1000, 20);
  -- Each once, and always in this order, so that two who confirm do not block each other.
  for v_id in
    select distinct n.id from unnest(p_change_ids) as n (id) order by n.id
  loop
    select c.* into v_change
    from engine.exchange_rate_changes as c where c.id = v_id for update;
    v_problem := case
      when v_change.id is null then 'unknown'
      when v_change.action <> 'HELD' then 'not_waiting'
      when exists (
        select from engine.exchange_rate_changes as c where c.confirms = v_id
      ) then 'confirmed_already'
      when v_change.login = session_user then 'same_person'
    end;
    if v_problem is not null then
      raise exception using
        errcode = 'SK116',
        message = 'this exchange rate cannot be confirmed',
        detail = jsonb_build_object('change', v_id, 'problem', v_problem),
        hint = 'A rate that waits (engine.waiting_exchange_rates) is confirmed by '
          'somebody else than who gave it, under a login of their own.';
    end if;
    insert into engine.exchange_rate_changes (
      at, action, base, quote, as_of, rate, source, last_rate, login, actor, reason,
      confirms
    )
    values (
      v_now, 'CONFIRMED', v_change.base, v_change.quote, v_change.as_of, v_change.rate,
      v_change.source, v_change.last_rate, session_user, engine.caller(), v_reason, v_id
    );
    perform engine.apply_exchange_rate(v_id);
    v_confirmed := v_confirmed + 1;
  end loop;
  return v_confirmed;
end;
$$;

ALTER FUNCTION engine.confirm_exchange_rates(p_change_ids bigint[], p_reason text) OWNER TO skylatch_owner;

--
-- Name: present_history(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.present_history() RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select
      format(
        '%s %s %s',
        c.system_identifier,
        left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8),
        d.oid
      )
    from pg_catalog.pg_control_system() as c
    cross join pg_catalog.pg_database as d
    where d.datname = current_database()
  );
end;
$$;

ALTER FUNCTION engine.present_history() OWNER TO skylatch_owner;

--
-- Name: history; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.history (
    only_row boolean DEFAULT true NOT NULL,
    system_identifier bigint NOT NULL,
    timeline text NOT NULL,
    database_oid oid NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    noticed text,
    noticed_at timestamp with time zone,
    CONSTRAINT history_noticed CHECK (((noticed IS NULL) = (noticed_at IS NULL))),
    CONSTRAINT history_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.history FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.history OWNER TO skylatch_owner;

--
-- Name: confirm_history(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.confirm_history(p_now timestamp with time zone) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO engine.history AS h (system_identifier, timeline, database_oid, confirmed_at)  SELECT (split_part(p.history, ' '::text, 1))::bigint AS split_part,
             split_part(p.history, ' '::text, 2) AS split_part,
             (split_part(p.history, ' '::text, 3))::oid AS split_part,
             confirm_history.p_now AS p_now
            FROM engine.present_history() p(history) ON CONFLICT(only_row) DO UPDATE SET system_identifier = excluded.system_identifier, timeline = excluded.timeline, database_oid = excluded.database_oid, confirmed_at = excluded.confirmed_at, noticed = NULL::text, noticed_at = NULL::timestamp with time zone;
END;

ALTER FUNCTION engine.confirm_history(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: consent_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.consent_party(p_user_id uuid, p_trip_id uuid) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return array(
    select engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on) as person
    from public.trip_passengers as p
    inner join public.traveler_profiles as f
      on p.user_id = f.user_id and p.traveler_profile_id = f.id
    where p.user_id = p_user_id and p.trip_request_id = p_trip_id
    order by person
  );
end;
$$;

ALTER FUNCTION engine.consent_party(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: consent_problem(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.consent_problem(p_trip public.trip_requests) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_consent public.consents;
begin
  select c.* into v_consent
  from public.consents as c
  where c.user_id = p_trip.user_id and c.trip_request_id = p_trip.id
  order by c.id desc
  limit 1;
  return case
    when v_consent.id is null
      or v_consent.text_version is distinct from p_trip.consent_text_version
      then 'this trip'
    when v_consent.currency <> p_trip.currency then 'the currency'
    when v_consent.max_price < p_trip.max_price then 'the highest price'
    when v_consent.payment_method_id is distinct from p_trip.payment_method_id
      then 'the card'
    when v_consent.party <> engine.consent_party(p_trip.user_id, p_trip.id)
      then 'who flies'
  end;
end;
$$;

ALTER FUNCTION engine.consent_problem(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: convert_cap(public.trip_requests, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.convert_cap(p_trip public.trip_requests, p_currency text, p_now timestamp with time zone) RETURNS TABLE(cap numeric, rate numeric, rate_as_of timestamp with time zone, problem text)
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_rate record;
  v_digits smallint := (
    select c.minor_digits from engine.currencies as c where c.code = p_currency
  );
begin
  select k.* into v_rate from engine.known_rate(p_trip.currency, p_currency, p_now) as k;
  rate := v_rate.rate;
  rate_as_of := v_rate.as_of;
  problem := case
    when v_rate.rate is null or v_digits is null then 'no_exchange_rate'
    else v_rate.problem
  end;
  if problem is null then
    -- As far as a stored amount goes.
    cap := least(trunc(p_trip.max_price * v_rate.rate, v_digits), 999999999999);
  end if;
  return next;
end;
$$;

ALTER FUNCTION engine.convert_cap(p_trip public.trip_requests, p_currency text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: count_apply_failure(bigint, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_call engine.provider_calls;
  v_attempt public.booking_attempts;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  perform engine.take_trip(v_call.user_id, v_call.trip_request_id);
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
-- Name: count_offers(uuid, uuid, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.count_offers(p_user_id uuid, p_trip_id uuid, p_round integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.counter_parts (counter, labels, value)
  select
    'skylatch_offers_total', jsonb_build_object('reason', coalesce(r.reason, 'fits')),
    count(*)
  from public.flight_offers as o
  left join unnest(o.ineligible) as r (reason) on true
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = p_round
  group by r.reason;
end;
$$;

ALTER FUNCTION engine.count_offers(p_user_id uuid, p_trip_id uuid, p_round integer) OWNER TO skylatch_owner;

--
-- Name: count_step(public.booking_attempts, public.booking_attempts, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.count_step(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_movement text;
  v_amount numeric;
begin
  if p_from.status = 'PENDING' and p_to.status = 'SUCCESS' then
    perform engine.raise_counter('auto_booking_success_total', '{}', 1);
  elsif p_from.status = 'PENDING' and p_to.status = 'FAILED' then
    perform engine.raise_counter(
      'auto_booking_failure_total',
      jsonb_build_object('reason', engine.failure_reason(p_to.error_code)), 1
    );
  end if;

  -- One that is found after the airline has cancelled it is none.
  if p_from.order_id is null
    and p_to.order_id is not null
    and p_to.order_cancelled_at is null
  then
    perform engine.raise_counter('duffel_order_success_total', '{}', 1);
  elsif p_from.order_id is null
    and (
      p_operation = 'create_order' and p_verdict in ('FAIL', 'RESEARCH', 'EXHAUSTED')
      or p_operation = 'find_order' and p_verdict in ('FAIL', 'RESEARCH')
    )
  then
    perform engine.raise_counter('duffel_order_failure_total', '{}', 1);
  end if;

  if p_from.captured_amount is null and p_to.captured_amount is not null then
    perform engine.raise_counter('stripe_capture_success_total', '{}', 1);
    v_movement := 'captured';
    v_amount := p_to.captured_amount;
  elsif p_operation in ('capture_payment', 'read_capture')
    and p_verdict in ('FAIL', 'REVIEW', 'EXHAUSTED')
  then
    perform engine.raise_counter('stripe_capture_failure_total', '{}', 1);
  elsif p_operation in ('confirm_payment', 'read_authorization') and p_verdict = 'OK' then
    v_movement := 'authorized';
    v_amount := p_to.agreed_amount;
  elsif p_from.voided_at is null
    and p_to.voided_at is not null
    -- Else no bank ever held anything.
    and p_to.capture_before is not null
  then
    v_movement := 'voided';
    v_amount := p_to.agreed_amount;
  elsif p_from.refunded_at is null
    and p_to.refunded_at is not null
    and p_to.refund_amount > 0
  then
    v_movement := 'refunded';
    v_amount := p_to.refund_amount;
  end if;
  if v_movement is not null then
    perform engine.raise_counter(
      'skylatch_money_total',
      jsonb_build_object('movement', v_movement, 'currency', p_to.currency), v_amount
    );
  end if;
end;
$$;

ALTER FUNCTION engine.count_step(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text) OWNER TO skylatch_owner;

--
-- Name: counter_metrics(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.counter_metrics() RETURNS TABLE(name text, labels jsonb, value numeric)
    LANGUAGE plpgsql
    AS $$
begin
  return query
  with closed as materialized (
    select l.label, l.value from engine.metric_labels() as l
  ),

  counted as materialized (
    select s.counter, s.labels, sum(s.value) as value
    from (
      select c.counter, c.labels, c.value from engine.counters as c
      union all
      select p.counter, p.labels, p.value from engine.counter_parts as p
      union all
      select
        'webhook_processed_total',
        jsonb_build_object('provider', r.provider, 'outcome', 'refused'),
        r.refused
      from engine.refused_events as r
      -- Zeros.
      union all
      select z.counter, '{}', 0
      from unnest(
        array[
          'auto_booking_success_total', 'stripe_capture_success_total',
          'stripe_capture_failure_total', 'duffel_order_success_total',
          'duffel_order_failure_total'
        ]
      ) as z (counter)
      union all
      select
        case c.label
          when 'reason' then 'auto_booking_failure_total' else 'skylatch_offers_total'
        end,
        jsonb_build_object('reason', c.value), 0
      from closed as c
      where c.label in ('reason', 'offer')
      union all
      select
        'webhook_processed_total',
        jsonb_build_object('provider', p.value, 'outcome', o.value), 0
      from closed as p
      cross join closed as o
      where p.label = 'provider' and o.label = 'outcome'
      union all
      select
        'skylatch_provider_answers_total',
        jsonb_build_object('operation', o.value, 'verdict', v.value), 0
      from closed as o
      cross join closed as v
      where o.label = 'operation' and v.label = 'verdict'
    ) as s
    group by s.counter, s.labels
  )

  select c.counter, c.labels, c.value from counted as c
  union all
  -- The searches among the answers, in words.
  select
    'skylatch_searches_total',
    jsonb_build_object(
      'outcome',
      case c.labels ->> 'verdict'
        when 'OK' then 'answered'
        when 'RETRY' then 'retried'
        when 'EXHAUSTED' then 'given_up'
        else 'refused'
      end
    ),
    sum(c.value)
  from counted as c
  where c.counter = 'skylatch_provider_answers_total'
    and c.labels ->> 'operation' = 'search'
  group by 2;
end;
$$;

ALTER FUNCTION engine.counter_metrics() OWNER TO skylatch_owner;

--
-- Name: date_consent(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.date_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.consent_text_version is not null then
    perform engine.check_consent_text(new.consent_text_version);
    new.consent_at := clock_timestamp();
  end if;
  return new;
end;
$$;

ALTER FUNCTION engine.date_consent() OWNER TO skylatch_owner;

--
-- Name: decide_case(bigint, text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.decide_case(p_case_id bigint, p_action text, p_reason text, p_order_id text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_case engine.review_cases;
  v_attempt public.booking_attempts;
  v_possible record;
  v_done engine.review_actions;
  v_outcome text;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  perform engine.require_size('p_order_id', array[p_order_id], 1, 200);
  if p_action is null
    or p_action not in ('ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME')
  then
    raise exception using
      errcode = 'SK012',
      message = 'unknown action',
      detail = jsonb_build_object('field', 'p_action', 'value', p_action),
      column = 'p_action',
      hint = 'Use ADOPT, VOID, RELEASE, CANCEL, REFUND or RESUME.';
  elsif p_action = 'ADOPT'
    and coalesce(p_order_id, '') collate "C" !~ '^ord_[[:alnum:]_]{1,100}$'
  then
    raise exception using
      errcode = 'SK017',
      message = 'an order to adopt needs its id',
      detail = jsonb_build_object('field', 'p_order_id', 'value', p_order_id),
      column = 'p_order_id',
      hint = 'Duffel''s id of the order begins with ord_.';
  end if;
  v_case := engine.lock_case(p_case_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id;
  select p.* into v_possible
  from engine.possible_actions(v_case, v_now) as p
  where p.action = p_action;
  select r.* into v_done
  from engine.review_actions as r
  where r.review_case_id = p_case_id and r.action = p_action
  order by r.id desc
  limit 1;
  if v_done.id is not null and (
    v_possible.action is null
    or v_possible.problem is not null
    or v_attempt.id is null
    or v_attempt.state_changed_at <= v_done.at
  ) then
    return v_done.outcome;
  elsif v_possible.action is null or v_possible.problem is not null then
    raise exception using
      errcode = 'SK108',
      message = 'this is not possible now',
      detail = jsonb_build_object(
        'case', p_case_id, 'action', p_action, 'state', v_attempt.state,
        'problem', coalesce(v_possible.problem, 'not in this state')
      ),
      hint = 'review_queue shows what is possible; refresh_case asks the providers again.';
  end if;

  if v_attempt.id is null then
    perform engine.enqueue_look(
      'cancel_orphan_payment', v_case.object_id,
      jsonb_build_object('payment_intent', v_case.object_id), v_attempt, v_now
    );
    perform engine.wake_sidecar();
    v_outcome := 'asked Stripe to release the hold';
  else
    update public.booking_attempts as a
    set
      order_hint = case p_action when 'ADOPT' then p_order_id else a.order_hint end,
      min_refund = case p_action when 'CANCEL' then 0 else a.min_refund end
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and p_action in ('ADOPT', 'CANCEL');
    v_outcome := engine.command_attempt(
      v_attempt.user_id, v_attempt.id, p_action, engine.caller(), 'case:' || p_case_id,
      v_reason, v_now
    );
  end if;
  perform engine.record_action(v_case, p_action, v_reason, v_outcome, v_now);
  if p_action = 'REFUND' then
    perform engine.close_case(
      v_case.kind, v_case.object_id, engine.caller(), 'refund', v_now
    );
  end if;
  return v_outcome;
end;
$_$;

ALTER FUNCTION engine.decide_case(p_case_id bigint, p_action text, p_reason text, p_order_id text) OWNER TO skylatch_owner;

--
-- Name: decide_trip(uuid, uuid, text, timestamp with time zone, engine.trace_context, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context DEFAULT NULL::engine.trace_context, p_hand_to text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_trip public.trip_requests;
  v_best uuid;
  v_reason text;
  v_status text := 'PENDING';
  v_began_at timestamptz := clock_timestamp();
  v_trace engine.trace_context := p_trace;
  v_call_id bigint;
begin
  v_trace.span_id := engine.child_span(4, p_trace.span_id);
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  if v_trip.auto_book_status <> 'PENDING'
    or engine.has_live_attempt(p_user_id, p_trip_id)
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
  perform engine.count_offers(p_user_id, p_trip_id, v_trip.search_round);
  if p_trace.is_sampled then
    perform engine.add_span(
      p_trace.trace_id, engine.child_span(5, p_trace.span_id), v_trace.span_id, 'rank',
      v_began_at, '{}'
    );
  end if;
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
        if engine.is_enabled('price_optimization', p_user_id, false) then
          v_reason := engine.reason_to_wait(v_trip, v_best, p_now);
        end if;
        if v_reason is null then
          v_call_id := engine.begin_attempt(
            v_trip, v_best, p_actor, p_now, v_trace, p_hand_to
          );
          v_status := 'BOOKING';
        end if;
      exception
      when sqlstate 'SK007' or sqlstate 'SK008' or sqlstate 'SK010' or sqlstate 'SK114'
      then
        get stacked diagnostics v_reason = pg_exception_hint;
        v_status := 'ACTION_REQUIRED';
      -- What other trips stand in the way of may be free again by the next round.
      when sqlstate 'SK109' or sqlstate 'SK110' or sqlstate 'SK111' or sqlstate 'SK112'
        or sqlstate 'SK113' or sqlstate 'SK115'
      then
        get stacked diagnostics v_reason = pg_exception_hint;
      end;
    end if;
  else
    v_reason := coalesce(
      engine.describe_round(p_user_id, p_trip_id), v_trip.status_reason,
      -- A late answer to what the trip no longer asks for is none of this round.
      'No search was answered yet.'
    );
  end if;
  if p_trace.is_sampled then
    perform engine.add_span(
      p_trace.trace_id, v_trace.span_id, p_trace.span_id, 'decide', v_began_at,
      jsonb_build_object(
        'trip', p_trip_id, 'round', v_trip.search_round, 'offer', v_best,
        'status', v_status
      )
    );
  end if;
  if v_call_id is not null then
    return v_call_id;
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
    v_reason, '{}', p_trace.trace_id
  );
  return null;
end;
$$;

ALTER FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text) OWNER TO skylatch_owner;

--
-- Name: degradations(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.degradations() RETURNS TABLE(part text, problem text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select 'jobs', format('%s is silent', s.job)
  from engine.job_states(v_now) as s where s.is_silent
  union all
  select 'workers', 'none beats'
  where not exists (
    select from engine.workers as w
    where engine.is_beating(w.seen_at, v_now)
  )
  union all
  select
    'flags',
    case
      when s.initialized is not true then 'never loaded'
      when engine.is_recent(s.heartbeat_at, s.stale_after, v_now) is not true
        then 'stale'
      else 'their source is gone'
    end
  from engine.flag_sync as s
  where s.initialized is not true
    or s.source_failed_at is not null
    or engine.is_recent(s.heartbeat_at, s.stale_after, v_now) is not true
  union all
  select o.provider, format('%s is paused', b.operation)
  from engine.breakers as b
  inner join engine.operations as o on b.operation = o.operation
  where b.open_until > v_now;
end;
$$;

ALTER FUNCTION engine.degradations() OWNER TO skylatch_owner;

--
-- Name: format_money(numeric, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.format_money(p_amount numeric, p_currency text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_digits integer;
begin
  perform engine.require_size('p_currency', array[p_currency], 1, 100);
  select c.minor_digits into v_digits
  from engine.currencies as c where c.code = p_currency;
  return round(p_amount, greatest(v_digits, scale(trim_scale(p_amount))))
    || ' ' || p_currency;
end;
$$;

ALTER FUNCTION engine.format_money(p_amount numeric, p_currency text) OWNER TO skylatch_owner;

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
    asked_from text[],
    asked_to text[],
    asked_on date[],
    duration_gap interval,
    read_live_at timestamp with time zone,
    CONSTRAINT flight_offers_asked CHECK ((((asked_from IS NULL) = (asked_on IS NULL)) AND ((asked_to IS NULL) = (asked_on IS NULL)) AND (cardinality(asked_from) = cardinality(asked_on)) AND (cardinality(asked_to) = cardinality(asked_on)))),
    CONSTRAINT flight_offers_offer_id CHECK ((offer_id ~ '^off_\w+$'::text)),
    CONSTRAINT flight_offers_rank CHECK (((rank IS NULL) OR ((score IS NOT NULL) AND (ineligible = '{}'::text[])))),
    CONSTRAINT flight_offers_status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'EXPIRED'::text, 'SELECTED'::text, 'BOOKED'::text]))),
    CONSTRAINT flight_offers_times CHECK ((arrives_at > departs_at))
);

ALTER TABLE ONLY public.flight_offers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.flight_offers OWNER TO skylatch_owner;

--
-- Name: describe_offer(public.flight_offers); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.describe_offer(p_offer public.flight_offers) RETURNS text
    LANGUAGE sql STABLE
    RETURN format('%s for %s (%s, %s)'::text, (p_offer).airline, engine.format_money(((p_offer).price_amount)::numeric, (p_offer).price_currency), to_char(make_interval(secs => (EXTRACT(epoch FROM (p_offer).duration))::double precision), 'FMHH24 "h" MI "min"'::text), CASE WHEN ((p_offer).connections = 1) THEN '1 connection'::text WHEN ((p_offer).connections > 1) THEN ((p_offer).connections || ' connections'::text) WHEN ((p_offer).technical_stops > 0) THEN 'no connection'::text ELSE 'nonstop'::text END);

ALTER FUNCTION engine.describe_offer(p_offer public.flight_offers) OWNER TO skylatch_owner;

--
-- Name: describe_round(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select concat_ws(' ', e.story #>> '{sentences,0}', e.story #>> '{sentences,1}')
    from public.explain_trip(p_trip_id) as e (story)
    inner join public.trip_requests as t on t.id = p_trip_id
    where t.user_id = p_user_id and (e.story -> 'answered')::boolean
  );
end;
$$;

ALTER FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: drain_events(integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.drain_events(p_limit integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    BEGIN ATOMIC
 SELECT engine.apply_events(p_limit, clock_timestamp()) AS apply_events;
END;

ALTER FUNCTION engine.drain_events(p_limit integer) OWNER TO skylatch_owner;

--
-- Name: drop_passenger(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests := engine.lock_trip(p_trip_id);
begin
  delete from public.trip_passengers as p
  where p.user_id = v_trip.user_id
    and p.trip_request_id = v_trip.id
    and p.traveler_profile_id = p_traveler_profile_id;
  return found;
end;
$$;

ALTER FUNCTION engine.drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid) OWNER TO skylatch_owner;

--
-- Name: drop_spending_limit(text, text, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.drop_spending_limit(p_currency text, p_period text, p_user_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform engine.require_size('p_currency', array[p_currency], 1, 100);
  perform engine.require_size('p_period', array[p_period], 1, 100);
  delete from public.spending_limits as l
  where l.user_id = p_user_id
    and l.currency = p_currency
    and l.period = p_period
    and engine.may_act_for(l.user_id);
  return found;
end;
$$;

ALTER FUNCTION engine.drop_spending_limit(p_currency text, p_period text, p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: due_jobs(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.due_jobs() RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select s.job
  from engine.job_states(clock_timestamp()) as s
  where s.is_due;
end;
$$;

ALTER FUNCTION engine.due_jobs() OWNER TO skylatch_owner;

--
-- Name: earlier_reading(timestamp with time zone, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.earlier_reading(p_at timestamp with time zone, p_zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
  v_before timestamptz := p_at - interval '3 hours';
  -- By how much the clock was put back meanwhile.
  v_back interval := (v_before at time zone p_zone) - (p_at at time zone p_zone)
    + interval '3 hours';
begin
  if v_back > interval '0'
    and (p_at - v_back) at time zone p_zone = p_at at time zone p_zone
  then
    return p_at - v_back;
  end if;
  return null;
end;
$$;

ALTER FUNCTION engine.earlier_reading(p_at timestamp with time zone, p_zone text) OWNER TO skylatch_owner;

--
-- Name: end_case(bigint, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.end_case(p_case_id bigint, p_resolution text, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_resolution text := engine.require_text('p_resolution', p_resolution);
  v_reason text := engine.require_text('p_reason', p_reason);
  v_case engine.review_cases;
begin
  v_case := engine.lock_case(p_case_id);
  if v_case.resolved_at is not null then
    return v_case.resolution;
  elsif v_case.kind = 'ATTEMPT' then
    raise exception using
      errcode = 'SK108',
      message = 'this is not possible now',
      detail = jsonb_build_object(
        'case', p_case_id, 'action', 'resolve', 'problem', 'the attempt is in review'
      ),
      hint = 'Decide it with review_attempt: the case closes with it.';
  end if;
  perform engine.close_case(
    v_case.kind, v_case.object_id, engine.caller(), v_resolution, v_now
  );
  perform engine.record_action(v_case, 'RESOLVE', v_reason, v_resolution, v_now);
  return v_resolution;
end;
$$;

ALTER FUNCTION engine.end_case(p_case_id bigint, p_resolution text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: end_heartbeat(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.end_heartbeat(p_worker text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from engine.workers as w where w.worker = p_worker;
end;
$$;

ALTER FUNCTION engine.end_heartbeat(p_worker text) OWNER TO skylatch_owner;

--
-- Name: end_state(public.booking_attempts, public.booking_attempts, text, text, engine.call_report, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_report engine.call_report, p_actor text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $_$
begin
  if p_from.state = 'NEEDS_REVIEW' and p_to.state <> 'NEEDS_REVIEW' then
    perform engine.close_case(
      'ATTEMPT', p_to.id::text, p_actor, lower(p_verdict collate "C"), p_now
    );
  end if;
  if p_to.state = 'CONFIRMED' and p_from.status = 'PENDING' then
    perform engine.confirm_booking(p_to, p_now);
  elsif p_to.state = 'CONFIRMED' then
    update public.flight_bookings as b
    set attention = case p_verdict
      when 'EXHAUSTED' then 'Not cancelled: the airline did not answer.'
      else 'Not cancelled: the airline would ' || case p_report.error_code
        when 'refund_too_low' then format(
          'return only %s.',
          engine.format_money(
            (p_report.body #>> '{data,refund_amount}')::numeric, p_to.currency
          )
        )
        when 'refund_elsewhere' then format(
          'return %s as %s.',
          coalesce(
            engine.format_money(
              -- Nothing was asked of this amount: it may be no number.
              substring(
                p_report.body #>> '{data,refund_amount}'
                from '^[0-9]{1,12}(?:[.][0-9]{1,6})?$'
              )::numeric,
              p_report.body #>> '{data,refund_currency}'
            ),
            'it'
          ),
          replace(p_report.body #>> '{data,refund_to}', '_', ' ')
        )
        else 'not cancel it.'
      end
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
      format(
        '%s after %s: %s', p_to.review_from, p_operation, lower(p_verdict collate "C")
      ),
      '{}', p_now
    );
  end if;
end;
$_$;

ALTER FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_report engine.call_report, p_actor text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: enqueue_call(public.booking_attempts, text, timestamp with time zone, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone, p_hand_to text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_id bigint;
  v_now timestamptz := clock_timestamp();
  v_worker text := case when p_run_at <= v_now then p_hand_to end;
  v_born engine.provider_calls;
begin
  v_born.state := 'READY';
  v_born.epoch := 0;
  v_born.tries := 0;
  if v_worker is not null then
    v_born.state := 'CLAIMED';
    v_born.epoch := 1;
    v_born.tries := 1;
    v_born.claimed_at := v_now;
    v_born.lease_until := v_now + (
      select o.lease from engine.operations as o where o.operation = p_operation
    );
  end if;
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation,
    idempotency_key, run_at, trace_id, trace_sampled, state, worker, epoch, tries,
    claimed_at, first_claimed_at, lease_until
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    p_operation,
    format('%s:%s', p_attempt.id, p_operation)
    || case p_operation when 'create_refund' then ':' || p_attempt.refund_no else '' end,
    p_run_at, p_attempt.trace_id, p_attempt.trace_sampled, v_born.state, v_worker,
    v_born.epoch, v_born.tries, v_born.claimed_at, v_born.claimed_at, v_born.lease_until
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
    lease_until = null,
    apply_failures = 0,
    finished_at = null
  where c.operation <> 'create_order'
    and (
      c.state in ('DONE', 'UNKNOWN', 'DEAD')
      -- Left over from before a person stepped in: its answer would be ignored.
      or c.attempt_epoch <> excluded.attempt_epoch and c.state in ('READY', 'CLAIMED')
    )
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

ALTER FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone, p_hand_to text) OWNER TO skylatch_owner;

--
-- Name: enqueue_look(text, text, jsonb, public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_id bigint;
begin
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation, object_id,
    payload, idempotency_key, run_at, trace_id, trace_sampled
  )
  -- Nothing else may be asked for past the gate.
  select
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    o.operation, p_object_id, p_payload,
    format('look:%s:%s', p_operation, md5(p_object_id)), p_run_at,
    coalesce(p_attempt.trace_id, gen_random_uuid()),
    coalesce(p_attempt.trace_sampled, false)
  from engine.operations as o
  where o.operation = p_operation and o.observes
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
    trace_id = case
      when c.booking_attempt_id is null and excluded.booking_attempt_id is not null
        then excluded.trace_id
      else coalesce(c.trace_id, excluded.trace_id)
    end,
    trace_sampled = case
      when c.booking_attempt_id is null and excluded.booking_attempt_id is not null
        then excluded.trace_sampled
      else c.trace_sampled
    end,
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
-- Name: enqueue_searches(uuid[], smallint[], timestamp with time zone, interval, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.enqueue_searches(p_trips uuid[], p_ordinals smallint[], p_first_at timestamp with time zone, p_every interval, p_cause text, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_searches integer;
  v_ratio double precision := engine.trace_ratio(p_now);
begin
  update public.trip_requests as t
  set
    search_round = t.search_round + 1,
    last_searched_at = p_now,
    searches = t.searches + cardinality(array_positions(p_trips, t.id))
  where t.id = any (p_trips);

  -- Made anew from the rows as they are: a profile's birthday may have changed a child
  -- into an adult since the plan was made.
  with asked as (
    update engine.trip_searches as s
    set
      search_key = engine.search_key(r.request),
      searches = s.searches + 1,
      last_searched_at = p_now,
      -- Until the answer says when.
      next_look_at = r.run_at + engine.look_interval(
        s.departure_date, case when s.currency = r.currency then s.cheapest end,
        r.max_price, s.volatility, p_now
      )
    from (
      select
        t.user_id,
        t.id,
        t.currency,
        t.max_price,
        t.search_round,
        u.ordinal,
        p_first_at + (u.place - 1) * p_every as run_at,
        engine.search_request(
          t, p.origin, p.destination, p.departure_date, p.return_date
        ) as request
      from unnest(p_trips, p_ordinals) with ordinality as u (trip, ordinal, place)
      inner join public.trip_requests as t on t.id = u.trip
      inner join engine.trip_searches as p
        on p.user_id = t.user_id and p.trip_request_id = t.id and p.ordinal = u.ordinal
      where t.id = any (p_trips)
    ) as r
    where s.user_id = r.user_id and s.trip_request_id = r.id and s.ordinal = r.ordinal
    returning
      s.user_id, s.trip_request_id, s.ordinal, s.search_key, r.search_round, r.request,
      r.run_at
  ),

  dropped as (
    update engine.provider_calls as c
    set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
    from asked as a
    where c.user_id = a.user_id
      and c.trip_request_id = a.trip_request_id
      and c.operation = 'search'
      and c.state = 'READY'
      and c.payload ->> 'search_key' = a.search_key
    returning c.id, c.trip_request_id, c.tries
  ),

  joined as (
    update engine.provider_calls as c
    set payload = c.payload || jsonb_build_object('round', t.search_round)
    from public.trip_requests as t
    where t.id = any (p_trips)
      and c.user_id = t.user_id
      and c.trip_request_id = t.id
      and c.operation = 'search'
      and c.state in ('READY', 'CLAIMED')
      and (c.payload ->> 'round')::integer = t.search_round - 1
      and not exists (
        select from asked as a
        where a.trip_request_id = c.trip_request_id
          and a.search_key = c.payload ->> 'search_key'
      )
  ),

  uncounted as (
    update public.trip_requests as t
    set searches = t.searches - n.searches
    from (
      select d.trip_request_id, count(*) as searches
      from dropped as d
      where d.tries = 0
      group by d.trip_request_id
    ) as n
    where t.id = any (p_trips) and t.id = n.trip_request_id
  ),

  made as (
    insert into engine.provider_calls as c (
      user_id, trip_request_id, operation, payload, idempotency_key, run_at, trace_id,
      trace_sampled
    )
    select
      a.user_id,
      a.trip_request_id,
      'search',
      jsonb_build_object(
        'round', a.search_round, 'search_key', a.search_key, 'request', a.request
      ),
      format('%s:search:%s:%s', a.trip_request_id, a.search_round, a.ordinal),
      a.run_at,
      gen_random_uuid(),
      random() < v_ratio
    from asked as a
    order by a.run_at
    returning c.id, c.trip_request_id, c.trace_id, c.trace_sampled
  ),

  told as (
    insert into engine.spans (
      trace_id, span_id, name, started_at, ended_at, attributes
    )
    select
      m.trace_id,
      engine.call_span(6, m.id, 0),
      p_cause,
      p_now,
      greatest(p_now, clock_timestamp()),
      jsonb_build_object('trip', m.trip_request_id, 'call', m.id)
    from made as m
    where m.trace_sampled
  )

  select count(*) into v_searches from made;
  perform engine.schedule_trips(p_trips, p_now);
  return v_searches;
end;
$$;

ALTER FUNCTION engine.enqueue_searches(p_trips uuid[], p_ordinals smallint[], p_first_at timestamp with time zone, p_every interval, p_cause text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: epochs_never_fall(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.epochs_never_fall(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
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
end;
$$;

ALTER FUNCTION engine.epochs_never_fall(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: evaluate_flag(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.evaluate_flag(p_flag text, p_context text) RETURNS jsonb
    LANGUAGE plpython3u STABLE
    AS $$
  if "skylatch_flags_3" not in GD:
      import sys; sys.path[:0] = {"/usr/lib/skylatch/py/3"} - {*sys.path}
      from skylatch_plpython.flags import Runtime
      GD["skylatch_flags_3"] = Runtime(plpy)
  return GD["skylatch_flags_3"].evaluate(p_flag, p_context)
$$;

ALTER FUNCTION engine.evaluate_flag(p_flag text, p_context text) OWNER TO skylatch_owner;

--
-- Name: event_attempt(text, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.event_attempt(p_object_id text, p_hints jsonb) RETURNS public.booking_attempts
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT a.*::public.booking_attempts AS a
    FROM public.booking_attempts a
   WHERE ((a.payment_intent_id = COALESCE((event_attempt.p_hints ->> 'payment_intent'::text), event_attempt.p_object_id)) OR (a.order_id = (event_attempt.p_hints ->> 'order_id'::text)) OR (a.offer_id = (event_attempt.p_hints ->> 'offer_id'::text)) OR (a.id =
         CASE
             WHEN ((event_attempt.p_hints ->> 'attempt_id'::text) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text) THEN ((event_attempt.p_hints ->> 'attempt_id'::text))::uuid
             ELSE NULL::uuid
         END))
   ORDER BY (NOT (a.payment_intent_id IS DISTINCT FROM COALESCE((event_attempt.p_hints ->> 'payment_intent'::text), event_attempt.p_object_id))) DESC, (NOT (a.order_id IS DISTINCT FROM (event_attempt.p_hints ->> 'order_id'::text))) DESC, a.started_at DESC
  LIMIT 1;
END;

ALTER FUNCTION engine.event_attempt(p_object_id text, p_hints jsonb) OWNER TO skylatch_owner;

--
-- Name: every_step_is_on_record(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.every_step_is_on_record(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
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
end;
$$;

ALTER FUNCTION engine.every_step_is_on_record(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: every_step_is_one_that_the_saga_has(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.every_step_is_one_that_the_saga_has(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
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
end;
$$;

ALTER FUNCTION engine.every_step_is_one_that_the_saga_has(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: expire_offers(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.expire_offers(p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_expired integer;
begin
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  where o.ctid = any (array(
    select f.ctid
    from public.flight_offers as f
    where f.status = 'ACTIVE' and f.expires_at <= p_now
    order by f.expires_at
    limit 10000
    for update skip locked
  ));
  get diagnostics v_expired = row_count;
  return v_expired;
end;
$$;

ALTER FUNCTION engine.expire_offers(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: explain_trip(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.explain_trip(p_trip_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
  v_chosen public.flight_offers;
  v_other public.flight_offers;
  v_offers integer;
  v_fit integer;
  v_answered boolean;
  v_headline text;
  v_why text[] := array[]::text[];
  v_not_chosen jsonb;
  v_help jsonb;
  v_helpful text[];
begin
  select t.* into v_trip from public.trip_requests as t where t.id = p_trip_id;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  -- What has expired since it was ranked fits no more.
  select count(*), count(o.rank) filter (where o.status <> 'EXPIRED')
  into v_offers, v_fit
  from public.flight_offers as o
  where o.user_id = v_trip.user_id
    and o.trip_request_id = v_trip.id
    and o.search_round = v_trip.search_round;
  v_answered := v_offers > 0 or exists (
    select from public.fare_history as h
    where h.user_id = v_trip.user_id
      and h.trip_request_id = v_trip.id
      and h.search_round = v_trip.search_round
  );
  select o.* into v_chosen
  from public.flight_offers as o
  where o.user_id = v_trip.user_id
    and o.trip_request_id = v_trip.id
    and case
      when v_trip.auto_book_status in ('BOOKING', 'BOOKED')
        then o.id = v_trip.selected_offer_id
      else o.search_round = v_trip.search_round
        and o.status = 'ACTIVE'
        and o.rank is not null
    end
  order by o.rank
  limit 1;

  if v_chosen.id is not null then
    v_headline := format(
      '%s: %s.',
      case v_trip.auto_book_status
        when 'BOOKED' then 'Booked' when 'BOOKING' then 'Being booked' else 'The best'
      end,
      engine.describe_offer(v_chosen)
    );
    select array_agg(
      format('%s (%s %%)', w.key, trim_scale(round(100 * w.value::numeric, 1)))
      order by w.value::numeric desc, w.key
    ) into v_why
    from jsonb_each_text(v_chosen.score_parts -> 'weights') as w
    where w.value::numeric > 0;
    v_why := array[
      format(
        'It scores best of %s, by %s.',
        case v_fit
          when 1 then '1 offer that fits' else v_fit || ' offers that fit'
        end,
        array_to_string(v_why, ', ')
      )
    ];
    select o.* into v_other
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.search_round = v_chosen.search_round
      and o.rank is not null
      and o.status <> 'EXPIRED'
    order by (o.score_parts ->> 'price')::numeric, o.rank
    limit 1;
    if v_other.id = v_chosen.id then
      v_why := v_why || 'No offer that fits is cheaper.'::text;
    elsif v_other.id is not null then
      v_why := v_why || format(
        'The cheapest that fits is %s; it scores lower.', engine.describe_offer(v_other)
      );
    end if;
    if v_chosen.score_parts ->> 'rate' is not null then
      v_why := v_why || format(
        'Your limit of %s is %s, at the exchange rate of %s.',
        engine.format_money(v_trip.max_price, v_trip.currency),
        engine.format_money(
          (v_chosen.score_parts ->> 'cap')::numeric, v_chosen.price_currency
        ),
        left(v_chosen.score_parts ->> 'rate_as_of', 10)
      );
    end if;
  elsif not v_answered then
    v_headline := coalesce(v_trip.status_reason, 'No search was answered yet.');
  elsif v_offers = 0 then
    v_headline := 'No flights were found for these dates.';
  else
    v_headline := format(
      'None of %s fits.',
      case v_offers when 1 then '1 offer' else v_offers || ' offers' end
    );
  end if;

  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'reason', g.reason,
        'offers', g.offers,
        'example', jsonb_build_object('offer_id', g.offer_id, 'what', g.example),
        'sentence', format(
          '%s of %s offers %s %s.', g.offers, v_offers,
          case g.offers when 1 then 'is' else 'are' end, g.what
        )
      )
      order by g.offers desc, g.reason
    ),
    '[]'
  ) into v_not_chosen
  from (
    select
      m.reason,
      coalesce(min(r.what), 'good as well, but not better') as what,
      count(*) as offers,
      (array_agg(o.offer_id order by p.price, o.offer_id))[1] as offer_id,
      (array_agg(engine.describe_offer(o) order by p.price, o.offer_id))[1] as example
    from public.flight_offers as o
    cross join lateral (
      select (o.score_parts ->> 'price')::numeric
    ) as p (price)
    cross join unnest(
      case
        when o.rank is null then o.ineligible
        when o.status = 'EXPIRED' then '{no_longer_offered}'
        else '{ranked_lower}'
      end
    ) as m (reason)
    left join engine.list_reasons() as r on m.reason = r.reason
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.search_round = v_trip.search_round
      and o.id is distinct from v_chosen.id
    group by m.reason
  ) as g;

  with missed as (
    select
      o.id,
      o.most_connections,
      min(r.change) as change,
      min(r.without) as without,
      row_number() over (
        partition by min(r.change)
        order by
          case min(r.change)
            when 'max_connections' then o.most_connections
            when 'max_duration' then extract(epoch from o.longest_slice)
          end,
          (o.score_parts ->> 'price')::numeric,
          o.offer_id
      ) as place
    from public.flight_offers as o
    cross join unnest(o.ineligible) as m (reason)
    left join engine.list_reasons() as r on m.reason = r.reason
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.search_round = v_trip.search_round
    group by o.user_id, o.id
    having count(*) = count(r.change) and count(distinct r.change) = 1
  ),

  relaxed as (
    select
      n.change,
      n.without,
      n.id,
      n.most_connections,
      count(*) as offers
    from missed as n
    inner join missed as a
      on n.change = a.change
      and (n.change <> 'max_connections' or n.most_connections = a.most_connections)
    where n.place = 1
    group by n.change, n.without, n.id, n.most_connections
  )

  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'change', x.change,
        'offers', x.offers,
        'sentence', case x.change
          when 'max_price' then format(
            'The cheapest%s is %s, %s over your limit of %s%s.',
            case
              when x.offers > 1 then format(' of %s that fit otherwise', x.offers)
            end,
            engine.describe_offer(o),
            engine.format_money(
              o.price_amount - (o.score_parts ->> 'cap')::numeric, o.price_currency
            ),
            case
              when o.price_currency <> v_trip.currency
                then engine.format_money(v_trip.max_price, v_trip.currency)
                || ', which is '
            end,
            engine.format_money(
              (o.score_parts ->> 'cap')::numeric, o.price_currency
            )
          )
          else format(
            '%s %s%s, such as %s.',
            coalesce(
              x.without,
              format(
                'With %s allowed',
                case x.most_connections
                  when 1 then '1 connection' else x.most_connections || ' connections'
                end
              )
            ),
            case x.offers when 1 then '1 offer' else x.offers || ' offers' end
            || case when v_fit > 0 then ' more' else '' end,
            case x.offers when 1 then ' fits' else ' fit' end,
            engine.describe_offer(o)
          )
        end
      )
      order by x.offers desc, x.change
    ),
    '[]'
  ) into v_help
  from relaxed as x
  inner join public.flight_offers as o on o.user_id = v_trip.user_id and x.id = o.id;

  select array_agg(h.value ->> 'sentence' order by h.ordinality) into v_helpful
  from jsonb_array_elements(v_help) with ordinality as h;
  if v_fit = 0 and v_offers > 0 and v_helpful is null then
    -- What misses the fewest wishes, and of these the cheapest.
    select array[
      format(
        'No single change is enough. The closest is %s: it is %s.',
        engine.describe_offer(o),
        (
          select string_agg(coalesce(r.what, m.reason), ' and ' order by m.ordinality)
          from unnest(o.ineligible) with ordinality as m (reason, ordinality)
          left join engine.list_reasons() as r on m.reason = r.reason
        )
      )
    ] into v_helpful
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.search_round = v_trip.search_round
      and o.ineligible <> '{}'
    order by
      cardinality(o.ineligible), (o.score_parts ->> 'price')::numeric, o.offer_id
    limit 1;
  end if;

  return jsonb_build_object(
    'trip', v_trip.id,
    'status', v_trip.auto_book_status,
    'answered', v_answered,
    'offers', v_offers,
    'fit', v_fit,
    'chosen', case when v_chosen.id is not null then
      jsonb_build_object(
        'offer_id', v_chosen.offer_id,
        'airline', v_chosen.airline,
        'price_amount', v_chosen.price_amount::text,
        'price_currency', v_chosen.price_currency,
        'score', v_chosen.score,
        'score_parts', v_chosen.score_parts
      )
    end,
    'why', to_jsonb(v_why),
    'not_chosen', v_not_chosen,
    'what_would_help', v_help,
    'sentences', to_jsonb(
      array_remove(
        array[
          v_headline,
          -- Why it is not booked yet.
          case
            when v_chosen.id is not null
              and v_trip.auto_book_status not in ('BOOKING', 'BOOKED')
              then v_trip.status_reason
          end
        ]
        || case when v_fit = 0 then v_helpful end
        || v_why
        || array(
          select n.value ->> 'sentence'
          from jsonb_array_elements(v_not_chosen) with ordinality as n
          order by n.ordinality
        )
        || case when v_fit > 0 then v_helpful end,
        null
      )
    )
  );
end;
$$;

ALTER FUNCTION engine.explain_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: failure_reason(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.failure_reason(p_error_code text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return coalesce(
    (
      select m.value
      from engine.metric_labels() as m
      where m.label = 'reason' and m.value = p_error_code
    ),
    'other'
  );
end;
$$;

ALTER FUNCTION engine.failure_reason(p_error_code text) OWNER TO skylatch_owner;

--
-- Name: fare_outlook(text, text, text, integer, integer, text, numeric, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.fare_outlook(p_origin text, p_destination text, p_currency text, p_lead integer, p_days integer, p_standing text, p_cap numeric, p_today date) RETURNS TABLE(samples integer, falls integer, losses integer, mean_fall numeric, saving numeric, saving_error numeric)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
begin
  return query
  with comparable as (
    select distinct on (l.origin, l.destination, l.departure_date) l.*
    from generate_series(
      greatest(p_lead - 3 - p_lead / 10, p_days), p_lead + 3 + p_lead / 10
    ) as g (lead)
    cross join lateral (
      (
        select f.*
        from engine.daily_fares as f
        where f.origin = p_origin
          and f.destination = p_destination
          and f.lead_days = g.lead
          and f.day between p_today - 365 and p_today - p_days - 1
        order by f.day desc
        limit 200
      )
      union all
      (
        select f.*
        from engine.daily_fares as f
        where p_origin is null
          and f.lead_days = g.lead
          and f.day between p_today - 365 and p_today - p_days - 1
        order by f.day desc
        limit 200
      )
    ) as l
    where l.currency = p_currency
      and (
        p_standing is null or engine.fare_standing(l.opening, l.typical) = p_standing
      )
    order by
      l.origin, l.destination, l.departure_date, abs(l.lead_days - p_lead), l.day,
      l.user_id, l.trip_request_id, l.return_date
  ),

  followed as (
    select c.*
    from comparable as c
    order by c.day desc, c.user_id, c.trip_request_id, c.origin, c.destination,
      c.departure_date
    limit 300
  ),

  path as (
    select
      min(d.lowest) / c.opening as lowest,
      (array_agg(d.opening order by d.day desc))[1] / c.opening as closing,
      (array_agg(least(d.opening, 0.95 * c.opening) order by d.day) filter (
        where d.lowest <= 0.95 * c.opening
      ))[1] / c.opening as fallen
    from followed as c
    inner join engine.daily_fares as d
      on c.user_id = d.user_id
      and c.trip_request_id = d.trip_request_id
      and c.origin = d.origin
      and c.destination = d.destination
      and c.departure_date = d.departure_date
      and c.return_date = d.return_date
      and c.currency = d.currency
    where d.day between c.day + 1 and c.day + p_days
    group by
      c.user_id, c.trip_request_id, c.origin, c.destination, c.departure_date,
      c.return_date, c.day, c.opening
    having count(*) * 2 >= p_days and max(d.day) >= c.day + p_days - 3
  )

  select
    count(*)::integer,
    (count(*) filter (where p.lowest <= 0.97))::integer,
    (count(*) filter (where p.fallen is null and p.closing > p_cap))::integer,
    avg(1 - p.lowest) filter (where p.lowest <= 0.97),
    avg(1 - coalesce(p.fallen, least(p.closing, p_cap))),
    stddev_samp(1 - coalesce(p.fallen, least(p.closing, p_cap)))
    / sqrt(count(*)::numeric)
  from path as p;
end;
$$;

ALTER FUNCTION engine.fare_outlook(p_origin text, p_destination text, p_currency text, p_lead integer, p_days integer, p_standing text, p_cap numeric, p_today date) OWNER TO skylatch_owner;

--
-- Name: fare_standing(numeric, numeric); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.fare_standing(p_fare numeric, p_typical numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_fare < (0.95 * p_typical)) THEN 'low'::text WHEN (p_fare > (1.05 * p_typical)) THEN 'high'::text WHEN (p_typical IS NOT NULL) THEN 'typical'::text ELSE NULL::text END;

ALTER FUNCTION engine.fare_standing(p_fare numeric, p_typical numeric) OWNER TO skylatch_owner;

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
-- Name: field_problem(text, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.field_problem(p_relation text, p_row jsonb) RETURNS TABLE(field text, hint text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT w.field,
     w.hint
    FROM ( VALUES (1,'traveler_profiles'::text,'given_name'::text,true,((field_problem.p_row ->> 'given_name'::text) !~ '[ÆæĲĳŒœÞþÐð]'::text),'Write it as at the foot of the passport: AE for Æ, OE for Œ, TH for Þ, D for Ð and IJ for Ĳ.'::text), (2,'traveler_profiles'::text,'given_name'::text,true,((field_problem.p_row ->> 'given_name'::text) ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'::text),'Give it in Latin letters as in the passport, 20 characters at most.'::text), (3,'traveler_profiles'::text,'family_name'::text,true,((field_problem.p_row ->> 'family_name'::text) !~ '[ÆæĲĳŒœÞþÐð]'::text),'Write it as at the foot of the passport: AE for Æ, OE for Œ, TH for Þ, D for Ð and IJ for Ĳ.'::text), (4,'traveler_profiles'::text,'family_name'::text,true,((field_problem.p_row ->> 'family_name'::text) ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'::text),'Give it in Latin letters as in the passport, 20 characters at most.'::text), (5,'traveler_profiles'::text,'title'::text,false,((field_problem.p_row ->> 'title'::text) = ANY (ARRAY['mr'::text, 'ms'::text, 'mrs'::text, 'miss'::text, 'dr'::text])),'Use mr, ms, mrs, miss or dr.'::text), (6,'traveler_profiles'::text,'gender'::text,false,((field_problem.p_row ->> 'gender'::text) = ANY (ARRAY['m'::text, 'f'::text])),'Use m or f, as in the passport.'::text), (7,'traveler_profiles'::text,'born_on'::text,false,(((field_problem.p_row ->> 'born_on'::text) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'::text) AND ((((field_problem.p_row ->> 'born_on'::text) COLLATE "C") >= '1900-01-02'::text) AND (((field_problem.p_row ->> 'born_on'::text) COLLATE "C") <= to_char((clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati'::text), 'YYYY-MM-DD'::text)))),'Give the day of birth as YYYY-MM-DD; it is not to come.'::text), (8,'traveler_profiles'::text,'email'::text,false,(((field_problem.p_row ->> 'email'::text) ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND ((field_problem.p_row ->> 'email'::text) !~ '[\u0001-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]'::text)),'Give an e-mail address such as name@example.com.'::text), (9,'traveler_profiles'::text,'phone_number'::text,false,((field_problem.p_row ->> 'phone_number'::text) ~ '^\+[1-9][0-9]{6,14}$'::text),'Give it with + and the country, digits only, such as +442080160508.'::text), (11,'payment_methods'::text,'user_id'::text,true,((field_problem.p_row ->> 'user_id'::text) IS NOT NULL),'Name the traveller whose card this is.'::text), (12,'payment_methods'::text,'stripe_customer_id'::text,true,(((field_problem.p_row ->> 'stripe_customer_id'::text) COLLATE "C") ~ '^cus_\w+$'::text),'Stripe''s id of a customer begins with cus_.'::text), (13,'payment_methods'::text,'stripe_payment_method_id'::text,true,(((field_problem.p_row ->> 'stripe_payment_method_id'::text) COLLATE "C") ~ '^pm_\w+$'::text),'Stripe''s id of a payment method begins with pm_.'::text), (14,'payment_methods'::text,'brand'::text,true,((field_problem.p_row ->> 'brand'::text) ~ '^[a-z_]{2,20}$'::text),'Use Stripe''s name of the brand, such as visa.'::text), (15,'payment_methods'::text,'last4'::text,true,((field_problem.p_row ->> 'last4'::text) ~ '^[0-9]{4}$'::text),'Give the last four digits of the card, and no more.'::text), (16,'payment_methods'::text,'exp_month'::text,true,((((field_problem.p_row ->> 'exp_month'::text))::integer >= 1) AND (((field_problem.p_row ->> 'exp_month'::text))::integer <= 12)),'Give the month in which the card expires, 1 to 12.'::text), (17,'payment_methods'::text,'exp_year'::text,true,((((field_problem.p_row ->> 'exp_year'::text))::integer >= 2000) AND (((field_problem.p_row ->> 'exp_year'::text))::integer <= 2100)),'Give the year in which the card expires, 2000 to 2100.'::text), (21,'spending_limits'::text,'currency'::text,true,(EXISTS ( SELECT
                    FROM engine.currencies c
                   WHERE (c.code = (field_problem.p_row ->> 'currency'::text)))),'Use a three-letter ISO 4217 code in capitals, such as USD or EUR.'::text), (22,'spending_limits'::text,'period'::text,true,((field_problem.p_row ->> 'period'::text) = ANY (ARRAY['day'::text, 'month'::text, 'total'::text])),'Use day, month or total.'::text)) w(place, relation, field, is_needed, fits, hint)
   WHERE ((w.relation = field_problem.p_relation) AND COALESCE((NOT w.fits), w.is_needed))
   ORDER BY w.place
  LIMIT 1;
END;

ALTER FUNCTION engine.field_problem(p_relation text, p_row jsonb) OWNER TO skylatch_owner;

--
-- Name: find_case(text, text, public.booking_attempts, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.find_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
begin
  if exists (
    select from engine.review_cases as c
    where c.kind = p_kind and c.object_id = p_object_id
  ) then
    return null;
  end if;
  return engine.open_case(
    p_kind, p_object_id, p_attempt, p_summary, p_evidence, p_now
  );
end;
$$;

ALTER FUNCTION engine.find_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: find_doubles(text, uuid[], text[], boolean[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.find_doubles(p_what text, p_trip_ids uuid[], p_object_ids text[], p_are_live boolean[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_trip record;
  v_number integer := 0;
begin
  for v_trip in
    with seen as materialized (
      select s.trip_id, s.object_id, s.is_live, t.user_id
      from unnest(p_trip_ids, p_object_ids, p_are_live) as s (trip_id, object_id, is_live)
      inner join public.trip_requests as t on s.trip_id = t.id
    ),

    trips as materialized (select distinct s.user_id, s.trip_id from seen as s),

    live as (
      select s.trip_id, s.object_id
      from seen as s
      where s.is_live
      union
      select
        t.trip_id, case p_what when 'orders' then a.order_id else a.payment_intent_id end
      from trips as t
      inner join public.booking_attempts as a
        on t.user_id = a.user_id and t.trip_id = a.trip_request_id
      where case p_what
        when 'orders' then a.order_id is not null else a.captured_amount is not null
      end
      union
      select t.trip_id, c.object_id
      from trips as t
      inner join engine.review_cases as c
        on t.user_id = c.user_id and t.trip_id = c.trip_request_id
      where c.resolved_at is null
        and case p_what
          when 'orders' then c.kind = 'ORPHAN_ORDER'
          else c.kind = 'ORPHAN_PAYMENT'
            and (c.evidence #>> '{found,amount_received}')::bigint > 0
        end
    )

    select t.trip_id, format('%s of trip %s', p_what, t.trip_id) as subject, d.found
    from trips as t
    cross join lateral (
      select jsonb_agg(l.object_id order by l.object_id) as found
      from live as l
      where l.trip_id = t.trip_id
        and not exists (
          select from seen as s where s.object_id = l.object_id and not s.is_live
        )
        and not exists (
          select from public.booking_attempts as a
          where a.user_id = t.user_id
            and a.trip_request_id = t.trip_id
            and l.object_id in (a.order_id, a.payment_intent_id)
            and (a.order_cancelled_at is not null or a.refunded_at is not null)
        )
    ) as d
    where jsonb_array_length(d.found) > 1
      or exists (
        select from engine.review_cases as c
        where c.kind = 'DOUBLE_BOOKING'
          and c.object_id = format('%s of trip %s', p_what, t.trip_id)
          and c.resolved_at is null
      )
    order by t.trip_id
  loop
    if jsonb_array_length(v_trip.found) > 1 then
      v_number := v_number + 1;
      continue when exists (
        select from engine.review_cases as c
        where c.kind = 'DOUBLE_BOOKING' and c.object_id = v_trip.subject
      );
      perform engine.open_trip_case(
        'DOUBLE_BOOKING', v_trip.subject, v_trip.trip_id,
        case p_what
          when 'orders' then 'Duffel shows more than one live order of one trip.'
          else 'Stripe took money more than once for one trip.'
        end,
        jsonb_build_object('found', v_trip.found), p_now
      );
    else
      perform engine.close_case(
        'DOUBLE_BOOKING', v_trip.subject, 'engine', 'one is left', p_now
      );
    end if;
  end loop;
  return v_number;
end;
$$;

ALTER FUNCTION engine.find_doubles(p_what text, p_trip_ids uuid[], p_object_ids text[], p_are_live boolean[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: find_rule(text, integer, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.find_rule(p_operation text, p_http_status integer, p_error_code text) RETURNS engine.outcome_rules
    LANGUAGE plpgsql STABLE
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
-- Name: finish_calls(text, jsonb, boolean, boolean); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean DEFAULT false) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb, is_set_aside boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '250ms'
    AS $$
declare
  v_found record;
  v_next bigint;
  v_nexts bigint[] := '{}'::bigint[];
  v_now timestamptz := clock_timestamp();
  v_is_confirmed boolean := engine.history_is_confirmed(v_now);
  -- While calls wait for a history they are chosen one by one.
  v_hand_to text := case when p_hand_on and v_is_confirmed then p_worker end;
  v_report engine.call_report;
  v_error text;
  -- Travellers who hold a row of theirs: one wait for each is enough.
  v_held uuid[] := '{}'::uuid[];
begin
  -- In trip order, so that two sidecars reporting at once cannot deadlock.
  for v_found in
    select
      r.value as said,
      (r.value ->> 'call_id')::bigint as id,
      c.user_id,
      engine.trace_hex(c.trace_id) as trace
    from jsonb_array_elements(p_reports) as r
    -- One look-up each, whatever is planned for a batch of unknown size.
    left join lateral (
      select a.* from engine.provider_calls as a
      where a.id = (r.value ->> 'call_id')::bigint
      offset 0
    ) as c on true
    order by c.trip_request_id, c.id
  loop
    begin
      v_report := engine.read_report(v_found.said);
      if v_found.user_id = any (v_held) then
        raise lock_not_available;
      end if;
      v_next := engine.settle_call(
        v_report, false, p_worker, v_now, v_hand_to
      );
      v_nexts := v_nexts || v_next;
    exception when others then
      v_error := sqlerrm;
      -- No room on the disk: the worker sends the whole batch again.
      if sqlstate = '53100' then
        raise;
      elsif sqlstate in ('SK308', '55P03', '40P01', '40001') then
        -- A lock that could not be had says nothing against the report.
        if sqlstate = '55P03' and v_found.user_id = any (v_held) is not true then
          v_held := v_held || v_found.user_id;
          perform engine.wait_less();
        end if;
        call_id := v_found.id;
        epoch := (v_found.said ->> 'epoch')::integer;
        is_set_aside := true;
        return next;
        continue;
      end if;
      -- The lease runs out and recovery takes over; the reason must not be lost.
      raise warning 'report of call % (trace %) not applied: % %',
        v_found.id, v_found.trace, sqlstate, v_error;
      begin
        perform engine.count_apply_failure(v_found.id, v_error, p_worker, v_now);
        perform engine.log_event(
          c.user_id, c.trip_request_id, c.booking_attempt_id, p_worker, 'call:' || c.id,
          null, null, c.operation || ': the report could not be applied',
          jsonb_strip_nulls(
            jsonb_build_object(
              'sqlstate', sqlstate,
              'message', v_error,
              'http_status', v_found.said -> 'http_status',
              'request_id', v_found.said -> 'request_id',
              -- It may be the only trace of an order.
              'object', coalesce(
                v_found.said #>> '{body,data,id}', v_found.said #>> '{body,id}'
              )
            )
          ),
          c.trace_id
        )
        from engine.provider_calls as c
        where c.id = v_found.id and c.user_id is not null;
      exception when lock_not_available or sqlstate 'SK308' then
        call_id := v_found.id;
        epoch := (v_found.said ->> 'epoch')::integer;
        is_set_aside := true;
        return next;
      end;
    end;
  end loop;
  perform engine.record_flag_usage();
  return query
  select
    c.id, c.epoch, c.operation, c.trip_request_id, c.idempotency_key, o.marks_sent,
    engine.call_request(c, p_traced), false
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.id = any (v_nexts) and c.state = 'CLAIMED';
  -- Those that were reopened, or could not be born claimed.
  return query
  select l.*, false
  from engine.lease_calls(
    p_worker,
    array(
      select c.id from engine.provider_calls as c
      where p_hand_on
        and c.id = any (v_nexts)
        and c.state = 'READY'
        and c.run_at <= v_now
        and (
          v_is_confirmed or c.operation not in (
            select o.operation from engine.operations as o where o.awaits_history
          )
        )
    ),
    p_traced,
    -- Not when this batch began: its work may have taken a while.
    clock_timestamp()
  ) as l;
end;
$$;

ALTER FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean) OWNER TO skylatch_owner;

--
-- Name: finish_scan(text, engine.provider_calls, integer, integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.finish_scan(p_scan text, p_call engine.provider_calls, p_found integer, p_passed_over integer, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_history text := engine.present_history();
  v_settles_at timestamptz := engine.history_settles_at();
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_scanned_to timestamptz := v_read_at;
begin
  if p_passed_over > 0 or v_read_at < v_settles_at then
    -- As start_scan wrote it: for Duffel a time, for Stripe seconds.
    if p_scan = 'orders' then
      v_scanned_to := (p_call.payload ->> 'created_after')::timestamptz;
    else
      v_scanned_to := to_timestamp((p_call.payload ->> 'created_after')::bigint);
    end if;
    -- It takes these off again.
    v_scanned_to := v_scanned_to + interval '6 hours';
  end if;
  insert into engine.scans as s (
    scan, provider, scanned_to, read_at, finished_at, found, history
  )
  select
    p_scan, o.provider, v_scanned_to, v_read_at, p_now, p_found,
    p_call.payload ->> 'history'
  from engine.operations as o
  where o.operation = p_call.operation
  on conflict (scan) do update
  set
    scanned_to = greatest(s.scanned_to, excluded.scanned_to),
    read_at = excluded.read_at,
    finished_at = excluded.finished_at,
    found = excluded.found,
    history = excluded.history;
  if p_passed_over > 0 then
    perform engine.start_scan(p_scan, p_now + interval '5 minutes');
  end if;
  if p_scan = 'payments'
    and v_settles_at is not null
    and (
      select count(*) = 2
      from engine.scans as s
      where s.scan in ('orders', 'payments')
        and s.history = v_history
        and s.read_at >= v_settles_at
    )
  then
    perform engine.confirm_history(p_now);
  end if;
end;
$$;

ALTER FUNCTION engine.finish_scan(p_scan text, p_call engine.provider_calls, p_found integer, p_passed_over integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: flag_audit(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_audit() RETURNS TABLE(flag text, owner text, problem text, what_to_do text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_today date := (clock_timestamp() at time zone 'UTC')::date;
begin
  return query
  with features as materialized (
    select f.key, f.data from engine.flag_data as f
    where f.kind = 'features' and not f.deleted
  ),
  asked as materialized (
    select distinct u.flag from engine.flag_usage as u
    where u.day > v_today - 30
    union
    select distinct p.flag from engine.flag_usage_parts as p
    where p.day > v_today - 30
  )
  select
    r.flag,
    r.owner,
    'EXPIRED',
    format(
      'it expired on %s: ask its owner; give it a later date in'
      ' sql/flags/flag_register.sql, or take it out of the code', r.expires_on
    )
  from engine.flag_register as r
  where r.expires_on <= v_today
  union all
  select
    r.flag,
    r.owner,
    'EXPIRES_SOON',
    format('it expires on %s: ask its owner before', r.expires_on)
  from engine.flag_register as r
  where r.expires_on > v_today and r.expires_on <= v_today + 30
  union all
  select
    r.flag,
    r.owner,
    'NOT_MIRRORED',
    'it is asked and the source does not have it: create it there'
  from engine.flag_register as r
  where not exists (select from features as f where f.key = r.flag)
  union all
  select
    r.flag,
    r.owner,
    'NOT_ASKED',
    'nobody asked it for 30 days: does the code still need it?'
  from engine.flag_register as r
  where not exists (select from asked as a where a.flag = r.flag)
    and r.created_on <= v_today - 30
  union all
  select
    f.key,
    null,
    'NOT_REGISTERED',
    case
      when exists (select from asked as a where a.flag = f.key)
        then 'it is asked, and is not in sql/flags/flag_register.sql: add it, with an owner'
      else 'it is mirrored and nobody asks it: archive it at its source'
    end
  from features as f
  where not exists (select from engine.flag_register as r where r.flag = f.key)
    and not exists (
      select from features as o
      cross join lateral json_array_elements(
        case json_typeof(o.data -> 'prerequisites')
          when 'array' then o.data -> 'prerequisites'
        end
      ) as q (item)
      where q.item ->> 'key' = f.key
    )
  union all
  select
    a.flag,
    null,
    'UNKNOWN',
    'it is asked, and neither registered nor mirrored: correct its name, or create it'
  from asked as a
  where not exists (select from engine.flag_register as r where r.flag = a.flag)
    and not exists (select from features as f where f.key = a.flag);
end;
$$;

ALTER FUNCTION engine.flag_audit() OWNER TO skylatch_owner;

--
-- Name: flag_context(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flag_context(p_user_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE
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
        'email_domain', lower(
          substring(v_account ->> 'email' from '@([^@]+)$') collate "C"
        ),
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
    AS $$
declare
  v_state record;
  v_context text;
  v_flag text;
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
  elsif engine.is_recent(v_state.heartbeat_at, v_state.stale_after, p_now) is not true
  then
    return 'flags are stale';
  end if;
  v_problem := engine.history_problem();
  if v_problem is not null then
    return v_problem;
  elsif p_user_id is null then
    return 'no user';
  end if;
  v_context := engine.flag_context(p_user_id);
  foreach v_flag in array array[
    'auto_booking_emergency_disable', 'auto_booking_pipeline_enabled'
  ] loop
    v_problem := engine.gate_problem(v_flag, engine.evaluate_flag(v_flag, v_context));
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
    source_failed_at timestamp with time zone,
    source_problem text,
    CONSTRAINT flag_sync_initialized CHECK (((NOT initialized) OR ((generation IS NOT NULL) AND (heartbeat_at IS NOT NULL)))),
    CONSTRAINT flag_sync_only_row CHECK (only_row),
    CONSTRAINT flag_sync_source_problem CHECK ((((source_failed_at IS NULL) = (source_problem IS NULL)) AND (octet_length(source_problem) <= 800)))
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
  v_answer jsonb;
begin
  if octet_length(p_flag) > 200 or octet_length(p_default::text) > 65536 then
    perform engine.require_size('p_flag', array[p_flag], 1, 200);
    perform engine.require_size('p_default', array[p_default::text], 1, 65536);
  end if;
  v_answer := engine.evaluate_flag(p_flag, engine.flag_context(p_user_id));
  return case
    when v_answer -> 'variation' = 'null' then p_default
    else v_answer -> 'value'
  end;
end;
$$;

ALTER FUNCTION engine.flag_value(p_flag text, p_user_id uuid, p_default jsonb) OWNER TO skylatch_owner;

--
-- Name: flight_times(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.flight_times(p_itinerary jsonb) RETURNS SETOF tstzrange
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select tstzrange(least(f.leaves, f.lands), greatest(f.leaves, f.lands), '[]')
  from jsonb_array_elements(p_itinerary) as i
  cross join lateral (
    select
      (i.value #>> '{segments,0,departing_at}')::timestamp at time zone coalesce(
        (
          select a.time_zone from engine.airports as a
          where a.iata = coalesce(
            i.value #>> '{segments,0,origin}', i.value ->> 'origin'
          )
        ), 'UTC'
      ) as leaves,
      (i.value #>> '{segments,-1,arriving_at}')::timestamp at time zone coalesce(
        (
          select a.time_zone from engine.airports as a
          where a.iata = coalesce(
            i.value #>> '{segments,-1,destination}', i.value ->> 'destination'
          )
        ), 'UTC'
      ) as lands
  ) as f;
end;
$$;

ALTER FUNCTION engine.flight_times(p_itinerary jsonb) OWNER TO skylatch_owner;

--
-- Name: follow_cron_node(); Type: FUNCTION; Schema: engine; Owner: skylatch_cron
--

CREATE FUNCTION engine.follow_cron_node() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_here record;
  v_job record;
  v_moved integer := 0;
begin
  if to_regnamespace('cron') is null then
    return 0;
  end if;
  perform cron.schedule('skylatch_here', '0 0 1 1 *', 'select 1');
  select j.jobid, j.nodename, j.nodeport into strict v_here
  from cron.job as j
  where j.jobname = 'skylatch_here' and j.username = current_user;
  perform cron.unschedule(v_here.jobid);
  for v_job in
    select j.jobid, j.jobname, j.schedule, j.command
    from cron.job as j
    where j.username = current_user
      and j.database = current_database()
      and j.active
      and j.jobname is not null
      and (j.nodename, j.nodeport) <> (v_here.nodename, v_here.nodeport)
    order by j.jobid
  loop
    perform cron.unschedule(v_job.jobid);
    perform cron.schedule(v_job.jobname, v_job.schedule, v_job.command);
    v_moved := v_moved + 1;
  end loop;
  return v_moved;
end;
$$;

ALTER FUNCTION engine.follow_cron_node() OWNER TO skylatch_cron;

--
-- Name: found_order(public.booking_attempts, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
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
    or o.value #>> '{metadata,attempt_id}' = p_attempt.id::text
    and not engine.belongs_elsewhere(o.value -> 'metadata');
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
        or engine.belongs_elsewhere(v_order -> 'metadata')
        then 'wrong_offer'
      when v_order ->> 'cancelled_at' is not null then 'cancelled'
      when v_order ->> 'id' is null or v_order ->> 'booking_reference' is null
        then 'unfinished'
      when v_order ->> 'total_currency' is distinct from p_attempt.currency
        or (v_order ->> 'total_amount')::numeric is distinct from p_attempt.agreed_amount
        then 'amount_mismatch'
      else coalesce(engine.order_problem(p_attempt, v_order), 'ok')
    end
  );
end;
$$;

ALTER FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) OWNER TO skylatch_owner;

--
-- Name: found_refund(public.booking_attempts, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.found_refund(p_attempt public.booking_attempts, p_body jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
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
      when v_refund ->> 'currency' is distinct from lower(p_attempt.currency collate "C")
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
-- Name: freeze_earlier_parties(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.freeze_earlier_parties() RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_attempt public.booking_attempts;
  v_frozen integer;
begin
  insert into engine.booking_attempt_passengers (
    user_id, booking_attempt_id, traveler_profile_id, passenger_id, given_name,
    family_name, title, gender, born_on, email, phone_number, person
  )
  select
    b.user_id, b.booking_attempt_id, f.id, n.passenger_id, w.given_name, w.family_name,
    w.title, w.gender, w.born_on, w.email, w.phone_number,
    engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
  from public.flight_bookings as b
  inner join public.booking_passengers as n
    on b.user_id = n.user_id and b.id = n.flight_booking_id
  inner join public.traveler_profiles as f
    on n.user_id = f.user_id and n.traveler_profile_id = f.id
  -- A profile that was emptied since keeps the person only.
  left join public.traveler_profiles as w
    on w.user_id = f.user_id
    and w.id = f.id
    and num_nonnulls(w.title, w.gender, w.born_on, w.email, w.phone_number) = 5
  where b.status = 'CONFIRMED'
    and f.born_on is not null
    and not exists (
      select from engine.booking_attempt_passengers as p
      where p.user_id = b.user_id and p.booking_attempt_id = b.booking_attempt_id
    );
  get diagnostics v_frozen = row_count;
  for v_attempt in
    select a.*
    from public.booking_attempts as a
    where a.status = 'PENDING'
      and not exists (
        select from engine.booking_attempt_passengers as p
        where p.user_id = a.user_id and p.booking_attempt_id = a.id
      )
  loop
    begin
      perform engine.freeze_party(v_attempt);
      v_frozen := v_frozen + 1;
    exception when others then
      raise warning 'the party of attempt % is not known: % %',
        v_attempt.id, sqlstate, sqlerrm;
    end;
  end loop;
  return v_frozen;
end;
$$;

ALTER FUNCTION engine.freeze_earlier_parties() OWNER TO skylatch_owner;

--
-- Name: freeze_party(public.booking_attempts); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.freeze_party(p_attempt public.booking_attempts) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_frozen integer;
  v_matches boolean;
begin
  -- Somebody twice, or two in one place, falls out and is missed by the count.
  insert into engine.booking_attempt_passengers (
    user_id, booking_attempt_id, traveler_profile_id, passenger_id,
    infant_passenger_id, given_name, family_name, title, gender, born_on, email,
    phone_number, person
  )
  select
    p_attempt.user_id, p_attempt.id, f.id, p.passenger_id, p.infant_passenger_id,
    f.given_name, f.family_name, f.title, f.gender, f.born_on, f.email,
    f.phone_number,
    engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
  from engine.order_party(p_attempt.user_id, p_attempt.flight_offer_id) as p
  inner join public.traveler_profiles as f
    on f.user_id = p_attempt.user_id and p.traveler_profile_id = f.id
  on conflict do nothing;
  get diagnostics v_frozen = row_count;

  select
    -- Everybody, and nobody else, in a place of their own.
    v_frozen = count(*)
    and bool_and(
      exists (
        select from engine.booking_attempt_passengers as p
        where p.user_id = t.user_id
          and p.booking_attempt_id = p_attempt.id
          and p.traveler_profile_id = t.traveler_profile_id
      )
    )
  into v_matches
  from public.trip_passengers as t
  where t.user_id = p_attempt.user_id
    and t.trip_request_id = p_attempt.trip_request_id;
  select
    v_matches
    and v_frozen = count(*)
    and bool_and(p.passenger_id is not null)
    -- Each infant on one lap, and on no lap anybody else.
    and bool_and(
      (
        i.value ->> 'type' is not distinct from 'infant_without_seat'
        or coalesce((i.value ->> 'age')::integer < 2, false)
      )
      = (
        select count(*) = 1
        from engine.booking_attempt_passengers as l
        where l.user_id = p_attempt.user_id
          and l.booking_attempt_id = p_attempt.id
          and l.infant_passenger_id = i.value ->> 'id'
      )
    )
  into v_matches
  from public.flight_offers as o
  cross join jsonb_array_elements(o.passengers) as i
  left join engine.booking_attempt_passengers as p
    on p.user_id = o.user_id
    and p.booking_attempt_id = p_attempt.id
    and p.passenger_id = i.value ->> 'id'
  where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id;
  if v_matches is not true then
    raise exception using
      errcode = 'SK112',
      message = 'the offer has not one place for each passenger of the trip',
      detail = jsonb_build_object(
        'trip', p_attempt.trip_request_id, 'offer', p_attempt.offer_id
      ),
      hint = 'The offer is not for the people of this trip; search again.';
  end if;
end;
$$;

ALTER FUNCTION engine.freeze_party(p_attempt public.booking_attempts) OWNER TO skylatch_owner;

--
-- Name: gate_problem(text, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.gate_problem(p_flag text, p_answer jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_reason text := p_answer ->> 'reason';
  v_value jsonb := p_answer -> 'value';
begin
  return case
    when v_reason = 'FLAG_NOT_FOUND' then 'unknown flag ' || p_flag
    when v_reason = 'MALFORMED_FLAG' then format('flag %s is malformed', p_flag)
    when v_reason = 'USER_NOT_SPECIFIED' then 'no user'
    when v_reason = 'CONTEXT_TOO_LONG' then 'an attribute of the user is too long'
    when (
      v_reason in (
        'OFF', 'FALLTHROUGH', 'TARGET_MATCH', 'RULE_MATCH', 'PREREQUISITE_FAILED'
      )
    ) is not true then format('flag %s: %s', p_flag, v_reason)
    when (p_answer -> 'doubt' = 'null') is not true
      then format('flag %s cannot be trusted: %s', p_flag, p_answer ->> 'doubt')
    when (p_answer -> 'detail' ? 'bigSegmentsStatus') is not false
      then format('flag %s needs a big segment', p_flag)
    when p_flag = 'auto_booking_pipeline_enabled' and v_reason = 'OFF'
      then p_flag || ' is off'
    when p_flag = 'auto_booking_pipeline_enabled' and v_reason = 'PREREQUISITE_FAILED'
      then format('a prerequisite of %s failed', p_flag)
    when jsonb_typeof(v_value) is distinct from 'boolean'
      then format('flag %s is not a boolean', p_flag)
    when p_flag = 'auto_booking_emergency_disable' and v_value <> 'false'
      then p_flag || ' is on'
    when p_flag = 'auto_booking_pipeline_enabled' and v_value <> 'true'
      then p_flag || ' is off'
  end;
end;
$$;

ALTER FUNCTION engine.gate_problem(p_flag text, p_answer jsonb) OWNER TO skylatch_owner;

--
-- Name: gather_evidence(bigint, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.gather_evidence(p_case_id bigint, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_case engine.review_cases;
  v_attempt public.booking_attempts;
  v_offer_id text;
  v_order_id text;
  v_payment text;
begin
  select c.* into v_case from engine.review_cases as c where c.id = p_case_id;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id;
  v_offer_id := coalesce(v_attempt.offer_id, v_case.evidence #>> '{found,offer_id}');
  v_order_id := case v_case.kind
    when 'ORPHAN_ORDER' then v_case.object_id
    else coalesce(v_attempt.order_id, v_attempt.order_hint)
  end;
  v_payment := case v_case.kind
    when 'ORPHAN_PAYMENT' then v_case.object_id else v_attempt.payment_intent_id
  end;
  if v_offer_id is not null then
    perform engine.enqueue_look(
      'look_order', v_offer_id,
      jsonb_strip_nulls(
        jsonb_build_object('offer_id', v_offer_id, 'order_id', v_order_id)
      ),
      v_attempt, p_now
    );
  end if;
  if v_payment is not null then
    perform engine.enqueue_look(
      'look_payment', v_payment, jsonb_build_object('payment_intent', v_payment),
      v_attempt, p_now
    );
  end if;
  if v_case.kind = 'DISPUTE' then
    perform engine.enqueue_look(
      'look_dispute', v_case.object_id,
      jsonb_build_object('dispute', v_case.object_id), v_attempt, p_now
    );
  elsif v_case.kind = 'REFUND_FAILED' then
    perform engine.enqueue_look(
      'look_refund', v_case.object_id, jsonb_build_object('refund', v_case.object_id),
      v_attempt, p_now
    );
  elsif v_case.kind = 'ORPHAN_PAYMENT' then
    -- Whether an order goes with it, only the whole list can say.
    perform engine.start_scan('orders', p_now);
  end if;
end;
$$;

ALTER FUNCTION engine.gather_evidence(p_case_id bigint, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: has_live_attempt(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.has_live_attempt(p_user_id uuid, p_trip_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return exists (
    select from public.booking_attempts as a
    where a.user_id = p_user_id and a.trip_request_id = p_trip_id and a.status = 'PENDING'
  )
  or exists (
    select from engine.review_cases as c
    where c.user_id = p_user_id
      and c.trip_request_id = p_trip_id
      and c.resolved_at is null
      and c.kind in ('ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'LOST_ATTEMPT', 'DOUBLE_BOOKING')
  );
end;
$$;

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
  -- A silent pg_cron may be looking for a server that is gone. A heartbeat is one all the
  -- same where pg_cron is too broken to be asked.
  if exists (
    select from engine.job_states(v_now) as s where s.is_cron_silent
  ) then
    begin
      perform engine.follow_cron_node();
    exception when others then
      raise warning 'pg_cron cannot be asked: %', sqlerrm;
    end;
  end if;
  return (
    select string_agg(format('%s: %s', s.job, s.scheduled_by), ', ' order by s.job)
    from engine.job_states(v_now) as s
  );
end;
$$;

ALTER FUNCTION engine.heartbeat(p_worker text, p_version text) OWNER TO skylatch_owner;

--
-- Name: history_is_confirmed(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.history_is_confirmed(p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
  v_present text := engine.present_history();
  v_history engine.history;
  -- More than a server makes between two looks of its replica.
  c_many constant bigint := 1000000;
  c_epochs constant integer := 1000;
begin
  select h.* into v_history from engine.history as h;
  if format(
    '%s %s %s', v_history.system_identifier, v_history.timeline, v_history.database_oid
  ) = v_present then
    return true;
  elsif v_history.noticed = v_present then
    return false;
  end if;
  insert into engine.history as h (
    system_identifier, timeline, database_oid, confirmed_at, noticed, noticed_at
  )
  select 0, '', 0, coalesce(min(a.started_at), p_now), v_present, p_now
  from public.booking_attempts as a
  on conflict (only_row) do update
  set noticed = excluded.noticed, noticed_at = excluded.noticed_at
  where h.noticed is distinct from excluded.noticed;
  if found then
    perform setval(s.name, nextval(s.name) + c_many)
    from (
      values
        (pg_get_serial_sequence('engine.provider_calls', 'id')::regclass),
        (pg_get_serial_sequence('engine.review_cases', 'id')::regclass)
    ) as s (name);
    update engine.provider_calls as c
    set epoch = c.epoch + c_epochs
    where c.state = 'READY' or c.state in ('CLAIMED', 'SENT');
  end if;
  return false;
end;
$$;

ALTER FUNCTION engine.history_is_confirmed(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: history_problem(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.history_problem() RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return case
    when not exists (
      select from engine.history as h
      where format('%s %s %s', h.system_identifier, h.timeline, h.database_oid)
        = engine.present_history()
    ) then 'this database was restored: comparing it with both providers first'
  end;
end;
$$;

ALTER FUNCTION engine.history_problem() OWNER TO skylatch_owner;

--
-- Name: money_settings; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.money_settings (
    only_row boolean DEFAULT true NOT NULL,
    base_currency text DEFAULT 'GBP'::text NOT NULL,
    rate_jump numeric DEFAULT 0.10 NOT NULL,
    rate_tolerance numeric DEFAULT 0.02 NOT NULL,
    in_flight_margin interval DEFAULT '00:04:00'::interval NOT NULL,
    CONSTRAINT money_settings_in_flight_margin CHECK (((in_flight_margin >= '00:03:20'::interval) AND (in_flight_margin <= '01:00:00'::interval))),
    CONSTRAINT money_settings_only_row CHECK (only_row),
    CONSTRAINT money_settings_values CHECK (((base_currency ~ '^[A-Z]{3}$'::text) AND (rate_jump > (0)::numeric) AND (rate_jump <= 0.25) AND ((rate_tolerance >= (0)::numeric) AND (rate_tolerance <= 0.10))))
);

ALTER TABLE ONLY engine.money_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.money_settings OWNER TO skylatch_owner;

--
-- Name: history_settles_at(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.history_settles_at() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (h.noticed_at + s.in_flight_margin)
    FROM (engine.history h
      CROSS JOIN engine.money_settings s);
END;

ALTER FUNCTION engine.history_settles_at() OWNER TO skylatch_owner;

--
-- Name: hold_listed_trip(uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.hold_listed_trip(p_trip_id uuid, p_read_at timestamp with time zone, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  perform from public.trip_requests as t where t.id = p_trip_id for no key update;
  return true;
exception when lock_not_available then
  if p_now < p_read_at + interval '20 seconds' then
    raise;
  end if;
  perform engine.wait_less();
  return false;
end;
$$;

ALTER FUNCTION engine.hold_listed_trip(p_trip_id uuid, p_read_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

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
-- Name: travellers; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.travellers (
    user_id uuid NOT NULL,
    decisions bigint DEFAULT 1 NOT NULL,
    search_credit double precision,
    credited_at timestamp with time zone,
    CONSTRAINT travellers_credit CHECK (((search_credit IS NULL) = (credited_at IS NULL)))
)
WITH (fillfactor='70');

ALTER TABLE ONLY engine.travellers FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.travellers OWNER TO skylatch_owner;

--
-- Name: hold_traveller(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.hold_traveller(p_user_id uuid) RETURNS engine.travellers
    LANGUAGE plpgsql
    AS $$
declare
  v_traveller engine.travellers;
begin
  insert into engine.travellers as t (user_id)
  values (p_user_id)
  on conflict (user_id) do update set decisions = t.decisions + 1
  returning t.* into v_traveller;
  return v_traveller;
end;
$$;

ALTER FUNCTION engine.hold_traveller(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: hold_trip(bigint, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.hold_trip(p_case_id bigint, p_trip_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update public.trip_requests as t
  set
    auto_book_status = 'ACTION_REQUIRED',
    status_reason = 'There may be a booking of this trip already: we are looking into it.',
    status_changed_at = p_now
  where t.id = p_trip_id and t.auto_book_status in ('PENDING', 'BOOKING');
  update engine.review_cases as c
  set user_id = t.user_id, trip_request_id = t.id
  from public.trip_requests as t
  where c.id = p_case_id and t.id = p_trip_id and c.trip_request_id is null;
end;
$$;

ALTER FUNCTION engine.hold_trip(p_case_id bigint, p_trip_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: holds_secret(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.holds_secret(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT (((p_text COLLATE "C") ~* '(sk|rk)_(live|test)_|duffel_(live|test)_|whsec_|-----BEGIN'::text) OR (EXISTS ( SELECT
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
-- Name: in_base_currency(numeric, text, boolean, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.in_base_currency(p_amount numeric, p_currency text, p_is_new boolean, p_now timestamp with time zone) RETURNS numeric
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_rate numeric;
  v_digits smallint;
begin
  select k.rate, c.minor_digits into v_rate, v_digits
  from engine.money_settings as m
  inner join engine.currencies as c on m.base_currency = c.code
  cross join lateral engine.known_rate(p_currency, m.base_currency, p_now) as k
  where k.problem is null or not p_is_new;
  return ceil(p_amount * v_rate * 10::numeric ^ v_digits) / 10::numeric ^ v_digits;
end;
$$;

ALTER FUNCTION engine.in_base_currency(p_amount numeric, p_currency text, p_is_new boolean, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: ingest_offers(uuid, uuid, integer, jsonb, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_asked_from text[];
  v_asked_to text[];
  v_asked_on date[];
  v_stored integer;
begin
  select
    array_agg(s.value ->> 'origin' order by s.ordinality),
    array_agg(s.value ->> 'destination' order by s.ordinality),
    array_agg((s.value ->> 'departure_date')::date order by s.ordinality)
  into v_asked_from, v_asked_to, v_asked_on
  from jsonb_array_elements(p_request -> 'slices') with ordinality as s;

  with read as materialized (
    select r.* from engine.read_offers(p_body -> 'offers') as r
  ),

  stored as (
    insert into public.flight_offers (
      user_id, trip_request_id, search_round, offer_id, offer_request_id, asked_from,
      asked_to, asked_on, passengers, price_amount, price_currency, base_amount,
      base_currency, tax_amount, tax_currency, expires_at, airline, carriers,
      lowest_cabin, duration, duration_gap, longest_slice, connections,
      most_connections, technical_stops, departs_at, arrives_at, departs_local,
      arrives_local, shortest_layover, longest_layover, airport_changes,
      overnight_layovers, red_eyes, carry_on_bags, checked_bags, refundable,
      refund_penalty, refund_penalty_currency, changeable, change_penalty,
      change_penalty_currency, emissions_kg, documents_required, document_types,
      requires_instant_payment, price_guaranteed_until, payment_required_by,
      itinerary_key, itinerary, created_at, updated_at
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      r.offer_id,
      p_body #>> '{offer_request,id}',
      v_asked_from,
      v_asked_to,
      v_asked_on,
      r.passengers,
      r.price_amount,
      r.price_currency,
      r.base_amount,
      r.base_currency,
      r.tax_amount,
      r.tax_currency,
      r.expires_at,
      r.airline,
      r.carriers,
      r.lowest_cabin,
      r.duration,
      r.duration_gap,
      r.longest_slice,
      r.connections,
      r.most_connections,
      r.technical_stops,
      r.departs_at,
      r.arrives_at,
      r.departs_local,
      r.arrives_local,
      r.shortest_layover,
      r.longest_layover,
      r.airport_changes,
      r.overnight_layovers,
      r.red_eyes,
      r.carry_on_bags,
      r.checked_bags,
      r.refundable,
      r.refund_penalty,
      r.refund_penalty_currency,
      r.changeable,
      r.change_penalty,
      r.change_penalty_currency,
      r.emissions_kg,
      r.documents_required,
      r.document_types,
      r.requires_instant_payment,
      r.price_guaranteed_until,
      r.payment_required_by,
      r.itinerary_key,
      r.itinerary,
      p_now,
      p_now
    from read as r
    where r.problem is null
    on conflict (offer_id) do nothing
    returning offer_id, price_amount, price_currency, duration_gap
  ),

  quarantined as (
    insert into engine.quarantined_offers (
      user_id, trip_request_id, search_round, offer_request_id, offer_id, reason, offer,
      quarantined_at
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      p_body #>> '{offer_request,id}',
      left(r.offer_id, 100),
      coalesce(
        r.problem, format('id is that of an offer stored before: "%s"', r.offer_id)
      ),
      left(f.value::text, 20000),
      p_now
    from read as r
    inner join jsonb_array_elements(p_body -> 'offers') with ordinality as f
      on r.offer_no = f.ordinality
    where r.problem is not null or r.offer_id not in (select s.offer_id from stored as s)
    order by r.offer_no
    -- All are counted; more than these teach nobody anything.
    limit 1000
  ),

  history as (
    insert into public.fare_history (
      user_id, trip_request_id, search_round, searched_at, origin, destination,
      departure_date, return_date, offers, malformed, duration_gaps, currency, cheapest,
      median
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
      count(*),
      jsonb_array_length(p_body -> 'offers') - count(*),
      count(*) filter (where s.duration_gap <> interval '0'),
      -- One search, one currency; a mixed answer has no single cheapest fare.
      case when count(distinct s.price_currency) = 1 then min(s.price_currency) end,
      case when count(distinct s.price_currency) = 1 then min(s.price_amount) end,
      case
        when count(distinct s.price_currency) = 1
        then percentile_disc(0.5) within group (order by s.price_amount::numeric)
      end
    from stored as s
  )

  select count(*) into v_stored from stored;
  return v_stored;
end;
$$;

ALTER FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: installation_id(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.installation_id() RETURNS uuid
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_id uuid := (select i.id from engine.installation as i);
begin
  if v_id is null then
    raise exception using
      errcode = 'SK312',
      message = 'the installation has no name',
      detail = jsonb_build_object('table', 'engine.installation'),
      hint = 'Restore the one row of engine.installation from a backup.';
  end if;
  return v_id;
end;
$$;

ALTER FUNCTION engine.installation_id() OWNER TO skylatch_owner;

--
-- Name: is_recent(timestamp with time zone, interval, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_recent(p_at timestamp with time zone, p_limit interval, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ((p_at >= (p_now - p_limit)) AND (p_at <= (p_now + p_limit)));

ALTER FUNCTION engine.is_recent(p_at timestamp with time zone, p_limit interval, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: is_beating(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_beating(p_seen_at timestamp with time zone, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN engine.is_recent(p_seen_at, '00:00:45'::interval, p_now);

ALTER FUNCTION engine.is_beating(p_seen_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: is_claimable(engine.provider_calls, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_claimable(p_call engine.provider_calls, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select
      coalesce(p_call.first_claimed_at > p_now - o.key_lasts, true)
      and (
        o.breaks_after is null
        or not exists (
          select from engine.breakers as b
          where b.operation = p_call.operation and b.open_until > p_now
        )
      )
    from engine.operations as o
    where o.operation = p_call.operation
  );
end;
$$;

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
-- Name: is_over(text[], date, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_over(p_places text[], p_day date, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return not exists (
    select from unnest(p_places) as o (code)
    where (p_now at time zone engine.place_zone(o.code))::date <= p_day
  );
end;
$$;

ALTER FUNCTION engine.is_over(p_places text[], p_day date, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: is_within(time without time zone, time without time zone, time without time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.is_within(p_time time without time zone, p_after time without time zone, p_before time without time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((p_after IS NULL) OR COALESCE(CASE WHEN (p_after <= p_before) THEN ((p_time >= p_after) AND (p_time <= p_before)) ELSE ((p_time >= p_after) OR (p_time <= p_before)) END, false));

ALTER FUNCTION engine.is_within(p_time time without time zone, p_after time without time zone, p_before time without time zone) OWNER TO skylatch_owner;

--
-- Name: job_overview(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.job_overview() RETURNS TABLE(job text, scheduled_by text, is_silent boolean, last_succeeded_at timestamp with time zone, last_succeeded_by text, cron_succeeded_at timestamp with time zone, stopped_at timestamp with time zone, stopped_by text, stop_reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select
    s.job,
    s.scheduled_by,
    s.is_silent or s.is_cron_silent,
    b.last_succeeded_at,
    b.last_succeeded_by,
    b.cron_succeeded_at,
    s.stopped_at,
    s.stopped_by,
    s.stop_reason
  from engine.job_states(clock_timestamp()) as s
  left join engine.job_beats as b on b.job = s.job;
end;
$$;

ALTER FUNCTION engine.job_overview() OWNER TO skylatch_owner;

--
-- Name: job_states(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.job_states(p_now timestamp with time zone) RETURNS TABLE(job text, scheduled_by text, is_due boolean, is_silent boolean, is_cron_silent boolean, last_at timestamp with time zone, last_cron_at timestamp with time zone, stopped_at timestamp with time zone, stopped_by text, stop_reason text)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    s.job,
    case
      when s.is_stopped then 'nobody'
      when s.has_cron then 'pg_cron'
      when s.stands_in then 'sidecar'
      else 'nobody'
    end,
    s.stands_in
    and not s.is_stopped
    and not s.has_cron
    and (
      s.last_succeeded_at
      between p_now - s.stand_in_every and p_now + s.stand_in_every
    ) is not true,
    s.stands_in
    and not s.is_stopped
    and (s.at between p_now - s.silent_after and p_now + s.silent_after) is not true,
    not s.is_stopped
    and s.cron_at is not null
    and not (
      s.cron_at between p_now - s.cron_silent_after and p_now + s.cron_silent_after
    ),
    s.at,
    s.cron_at,
    s.stopped_at,
    s.stopped_by,
    s.stop_reason
  from (
    select
      j.*,
      b.last_succeeded_at,
      b.stopped_at,
      b.stopped_by,
      b.stop_reason,
      b.stopped_at is not null as is_stopped,
      greatest(b.last_succeeded_at, b.since) as at,
      greatest(b.cron_succeeded_at, b.scheduled_at) as cron_at,
      coalesce(
        b.cron_succeeded_at
        between p_now - j.cron_silent_after and p_now + j.cron_silent_after,
        false
      ) as has_cron
    from engine.jobs as j
    left join engine.job_beats as b on b.job = j.job
  ) as s
  order by s.job;
end;
$$;

ALTER FUNCTION engine.job_states(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: journey_ends(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.journey_ends(p_itinerary jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
begin
  return (
    select
      array_agg(
        (s.value #>> '{segments,0,origin}') || (s.value #>> '{segments,-1,destination}')
        || left(s.value #>> '{segments,0,departing_at}', 10)
        order by s.ordinality
      )
    from jsonb_array_elements(p_itinerary) with ordinality as s
  );
end;
$$;

ALTER FUNCTION engine.journey_ends(p_itinerary jsonb) OWNER TO skylatch_owner;

--
-- Name: judge_offer(public.trip_requests, public.flight_offers, engine.offer_terms, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.judge_offer(p_trip public.trip_requests, p_offer public.flight_offers, p_terms engine.offer_terms, p_now timestamp with time zone, OUT ineligible text[], OUT score numeric, OUT score_parts jsonb) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_cabins constant text[] := array['economy', 'premium_economy', 'business', 'first'];
  v_airlines text[] := p_offer.carriers || p_offer.airline;
  -- A question mark stands for an airline that the provider does not name.
  v_carriers_known boolean := p_offer.carriers <> '{}'
    and not '?' = any (p_offer.carriers);
  v_in_alliance boolean := true;
  v_slices integer;
  v_price numeric;
  v_duration numeric;
  v_connections numeric;
  v_airline integer;
  v_airline_weight numeric := 0.0;
begin
  v_slices := jsonb_array_length(p_offer.itinerary);
  if p_trip.alliances <> '{}' then
    v_in_alliance := v_carriers_known and exists (
      select from unnest(p_trip.alliances) as w (alliance)
      where p_offer.carriers <@ array(
        select m.airline
        from engine.airline_alliances as m
        where m.alliance = w.alliance
      )
    );
  end if;
  -- No query in here: this is computed for every offer of every search.
  ineligible := engine.route_problems(p_trip, p_offer, p_terms.city_airports);
  ineligible := ineligible || array_remove(
    array[
      case when p_terms.party_fits is not true then 'party_mismatch' end,
      case
        when (p_offer.departs_at >= p_now + p_terms.least_lead_time) is not true
          then 'leaves_too_soon'
      end,
      case when p_offer.status <> p_terms.status then 'no_longer_offered' end,
      case
        when p_terms.cap_problem is not null then p_terms.cap_problem
        when (p_offer.price_amount <= p_terms.cap) is not true then 'price_above_cap'
        when engine.stripe_amount(p_offer.price_amount, p_offer.price_currency) is null
          then 'not_chargeable'
      end,
      case
        when (p_offer.most_connections <= p_trip.max_connections) is not true
          then 'too_many_connections'
      end,
      case
        when (p_offer.longest_slice <= p_trip.max_duration) is not true then 'too_long'
      end,
      case
        when p_trip.layover_min is not null
          and (
            p_offer.connections = 0 or p_offer.shortest_layover >= p_trip.layover_min
          ) is not true then 'layover_too_short'
      end,
      case
        when p_trip.layover_max is not null
          and (
            p_offer.connections = 0 or p_offer.longest_layover <= p_trip.layover_max
          ) is not true then 'layover_too_long'
      end,
      case
        when p_trip.no_airport_change and (p_offer.airport_changes = 0) is not true
          then 'airport_change'
      end,
      case
        when not engine.is_within(
          p_offer.departs_local[1]::time, p_trip.depart_after, p_trip.depart_before
        ) then 'departs_outside_window'
      end,
      case
        when not engine.is_within(
          p_offer.arrives_local[1]::time, p_trip.arrive_after, p_trip.arrive_before
        ) then 'arrives_outside_window'
      end,
      -- A journey of one slice does not come back.
      case
        when not engine.is_within(
          p_offer.departs_local[nullif(v_slices, 1)]::time,
          p_trip.return_depart_after, p_trip.return_depart_before
        ) then 'return_departs_outside_window'
      end,
      case
        when not engine.is_within(
          p_offer.arrives_local[nullif(v_slices, 1)]::time,
          p_trip.return_arrive_after, p_trip.return_arrive_before
        ) then 'return_arrives_outside_window'
      end,
      case
        when p_trip.no_red_eye and (p_offer.red_eyes = 0) is not true then 'red_eye'
      end,
      case
        when p_trip.airlines_only <> '{}'
          and (v_carriers_known and v_airlines <@ p_trip.airlines_only) is not true
          then 'airline_not_included'
      end,
      case
        when p_trip.airlines_never <> '{}'
          and (v_carriers_known and not v_airlines && p_trip.airlines_never) is not true
          then 'airline_excluded'
      end,
      case when v_in_alliance is not true then 'not_in_alliance' end,
      case
        when (p_offer.carry_on_bags >= p_trip.carry_on_bags) is not true
          then 'carry_on_missing'
      end,
      case
        when (p_offer.checked_bags >= p_trip.checked_bags) is not true
          then 'checked_bags_missing'
      end,
      case
        when not p_trip.refundable then null
        -- A penalty of the whole price leaves nothing to give back.
        when p_offer.refundable and (
            p_offer.refund_penalty >= p_offer.price_amount
            and p_offer.refund_penalty_currency = p_offer.price_currency
          ) is not true then null
        when p_offer.refundable is not null then 'not_refundable'
        when not p_trip.accept_unknown then 'refund_unknown'
      end,
      case
        when not p_trip.changeable or p_offer.changeable then null
        when not p_offer.changeable then 'not_changeable'
        when not p_trip.accept_unknown then 'change_unknown'
      end,
      case
        when p_trip.max_emissions_kg is null
          or p_offer.emissions_kg <= p_trip.max_emissions_kg then null
        when p_offer.emissions_kg is not null then 'emissions_too_high'
        when not p_trip.accept_unknown then 'emissions_unknown'
      end,
      case
        when p_trip.cabin_class = 'economy'
          or array_position(v_cabins, p_offer.lowest_cabin)
          >= array_position(v_cabins, p_trip.cabin_class) then null
        when p_offer.lowest_cabin = any (v_cabins) then 'cabin_too_low'
        when not p_trip.accept_unknown then 'cabin_unknown'
      end,
      case when p_offer.documents_required is not false then 'documents_required' end,
      case
        when (p_offer.expires_at >= p_now + interval '2 minutes') is not true
          then 'expires_too_soon'
      end
    ],
    null
  );

  v_price := p_offer.price_amount / (p_trip.max_price * p_terms.rate);
  v_duration := extract(epoch from p_offer.duration)
    / extract(epoch from p_trip.max_duration * v_slices);
  v_connections := coalesce(
    p_offer.connections::numeric / nullif(p_trip.max_connections * v_slices, 0), 0
  );
  if p_trip.preferred_airlines <> '{}' then
    v_airline := case
      when p_offer.airline = any (p_trip.preferred_airlines) then 0 else 1
    end;
    v_airline_weight := p_trip.airline_weight;
  end if;
  score := round(
    (
      p_trip.price_weight * v_price
      + p_trip.duration_weight * v_duration
      + p_trip.connections_weight * v_connections
    ) * (1 - v_airline_weight)
    + v_airline_weight * coalesce(v_airline, 0),
    9
  );
  score_parts := jsonb_build_object(
    'price', round(v_price, 6),
    'duration', round(v_duration, 6),
    'connections', round(v_connections, 6),
    'airline', v_airline,
    'weights', jsonb_build_object(
      'price', p_trip.price_weight * (1 - v_airline_weight),
      'duration', p_trip.duration_weight * (1 - v_airline_weight),
      'connections', p_trip.connections_weight * (1 - v_airline_weight),
      'airline', v_airline_weight
    ),
    'cap', p_terms.cap::text,
    'rate', case when p_terms.rate_as_of is not null then p_terms.rate::text end,
    'rate_as_of', p_terms.rate_as_of
  );
  if score is null and ineligible = '{}' then
    ineligible := array['cannot_be_judged'];
  end if;
exception when others then
  raise warning 'offer % cannot be judged: % %', p_offer.offer_id, sqlstate, sqlerrm;
  ineligible := array['cannot_be_judged'];
  score := null;
  score_parts := null;
end;
$$;

ALTER FUNCTION engine.judge_offer(p_trip public.trip_requests, p_offer public.flight_offers, p_terms engine.offer_terms, p_now timestamp with time zone, OUT ineligible text[], OUT score numeric, OUT score_parts jsonb) OWNER TO skylatch_owner;

--
-- Name: judge_orders(jsonb, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.judge_orders(p_orders jsonb, p_read_at timestamp with time zone, p_made_before timestamp with time zone, p_now timestamp with time zone) RETURNS TABLE(at_odds integer, passed_over integer)
    LANGUAGE plpgsql
    AS $$
declare
  v_found record;
  v_attempt public.booking_attempts;
  v_case_id bigint;
  v_number integer := 0;
  v_passed_over integer := 0;
begin
  for v_found in
    with seen as materialized (
      select
        o.value as facts,
        o.value ->> 'id' as order_id,
        o.value ->> 'cancelled_at' is not null as is_cancelled,
        m.attempt_id,
        (o.value ->> 'created_at')::timestamptz < p_made_before as is_due,
        engine.try_uuid(o.value #>> '{metadata,trip_request_id}') as trip_id,
        count(*) filter (
          where o.value ->> 'cancelled_at' is null
            and (o.value ->> 'created_at')::timestamptz < p_made_before
        ) over (partition by m.attempt_id) as live_orders,
        jsonb_agg(o.value) over (partition by m.attempt_id) as all_facts
      from jsonb_array_elements(p_orders) as o
      cross join lateral engine.try_uuid(o.value #>> '{metadata,attempt_id}')
        as m (attempt_id)
      where m.attempt_id is not null
        and not engine.belongs_elsewhere(o.value -> 'metadata')
    )

    select
      s.*,
      a.user_id,
      a.trip_request_id,
      case
        when u.is_unsent then 'HINT'
        when s.is_cancelled then 'GONE'
        when a.id is null then 'ORPHAN'
        when a.state in ('FAILED', 'CANCELLED') then 'ORPHAN'
        when s.order_id = a.order_id then null
        when s.live_orders > 1 or a.order_id is not null then 'SEVERAL'
        when a.state in ('ORDER_UNKNOWN', 'NEEDS_REVIEW') then 'HINT'
      end as finding
    from seen as s
    left join public.booking_attempts as a on s.attempt_id = a.id
    -- As far as this history goes the order was not sent yet, so no answer is on its
    -- way: it was sent in a history that a failover or a restore has lost, or by a try
    -- that was taken for failed.
    cross join lateral (
      select not s.is_cancelled
        and a.order_id is null
        and (
          a.state in ('REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING')
          or a.state = 'ORDERING' and exists (
            select from engine.provider_calls as c
            where c.user_id = a.user_id
              and c.booking_attempt_id = a.id
              and c.operation = 'create_order'
              and c.state in ('READY', 'CLAIMED')
          )
        ) as is_unsent
    ) as u
    where case
      when u.is_unsent then a.order_hint is distinct from s.order_id
      when s.is_due is not true then false
      when s.is_cancelled then exists (
        select from engine.review_cases as c
        where c.kind = 'ORPHAN_ORDER'
          and c.object_id = s.order_id
          and c.resolved_at is null
      )
      when a.id is null then true
      when a.state in ('FAILED', 'CANCELLED')
        then a.ended_at < p_read_at
      when s.order_id = a.order_id then false
      when s.live_orders > 1 or a.order_id is not null then true
      else a.state = 'ORDER_UNKNOWN'
        or a.state = 'NEEDS_REVIEW' and a.order_hint is distinct from s.order_id
    end
    order by coalesce(a.trip_request_id, s.trip_id), s.attempt_id, s.order_id
  loop
    if v_found.finding = 'GONE' then
      perform engine.close_case(
        'ORPHAN_ORDER', v_found.order_id, 'engine', 'the order is cancelled', p_now
      );
      continue;
    end if;
    if not engine.hold_listed_trip(
      coalesce(v_found.trip_request_id, v_found.trip_id), p_read_at, p_now
    ) then
      v_passed_over := v_passed_over + 1;
      perform engine.note_lost(
        v_found.attempt_id, coalesce(v_found.trip_request_id, v_found.trip_id),
        v_found.facts, p_now
      );
      continue;
    end if;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_found.user_id and a.id = v_found.attempt_id
    for no key update;
    v_number := v_number + 1;
    if v_found.finding = 'HINT' then
      update public.booking_attempts as a
      set order_hint = v_found.order_id
      where a.user_id = v_attempt.user_id
        and a.id = v_attempt.id
        and a.order_id is null;
      perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    elsif v_found.finding = 'SEVERAL' then
      perform engine.find_case(
        'ORDER_CONTRADICTION', v_attempt.id::text, v_attempt,
        'Duffel shows more than one order of one attempt.',
        jsonb_build_object('found', v_found.all_facts), p_now
      );
      perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    else
      v_case_id := engine.find_case(
        'ORPHAN_ORDER', v_found.order_id, v_attempt,
        case
          when v_attempt.id is null then 'Duffel has an order of ours that is unknown here.'
          else 'Duffel has an order of an attempt that ended without one.'
        end,
        jsonb_build_object('found', v_found.facts), p_now
      );
      continue when v_case_id is null;
      perform engine.hold_trip(
        v_case_id, coalesce(v_found.trip_request_id, v_found.trip_id), p_now
      );
      if v_attempt.state = 'FAILED' and not exists (
        select from public.booking_attempts as a
        where a.user_id = v_attempt.user_id
          and a.trip_request_id = v_attempt.trip_request_id
          and a.status = 'PENDING'
      )
      and not exists (
        select from public.flight_bookings as b
        where b.user_id = v_attempt.user_id
          and b.trip_request_id = v_attempt.trip_request_id
          and b.status = 'CONFIRMED'
      )
      then
        update public.booking_attempts as a
        set order_hint = v_found.order_id
        where a.user_id = v_attempt.user_id and a.id = v_attempt.id;
        perform engine.command_attempt(
          v_attempt.user_id, v_attempt.id, 'REOPEN', 'scan',
          'order:' || v_found.order_id,
          'an order of this attempt was found at Duffel', p_now
        );
      end if;
    end if;
  end loop;
  return query select v_number, v_passed_over;
end;
$$;

ALTER FUNCTION engine.judge_orders(p_orders jsonb, p_read_at timestamp with time zone, p_made_before timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: keep_daily_fare(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.keep_daily_fare() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_day date := (new.searched_at at time zone 'UTC')::date;
begin
  insert into engine.daily_fares as d (
    user_id, trip_request_id, origin, destination, departure_date, return_date, day,
    currency, opening, lowest, typical
  )
  select
    new.user_id, new.trip_request_id, new.origin, new.destination, new.departure_date,
    coalesce(new.return_date, 'infinity'), v_day, new.currency, new.cheapest,
    new.cheapest,
    case when count(*) >= 3 then round(avg(b.opening::numeric), 3) end
  from engine.daily_fares as b
  where b.user_id = new.user_id
    and b.trip_request_id = new.trip_request_id
    and b.origin = new.origin
    and b.destination = new.destination
    and b.departure_date = new.departure_date
    and b.return_date = coalesce(new.return_date, 'infinity')
    and b.day between v_day - 14 and v_day - 1
    and b.currency = new.currency
  on conflict (
    user_id, trip_request_id, origin, destination, departure_date, return_date, day
  ) do update
  set lowest = excluded.lowest
  where excluded.lowest < d.lowest and excluded.currency = d.currency;
  return null;
end;
$$;

ALTER FUNCTION engine.keep_daily_fare() OWNER TO skylatch_owner;

--
-- Name: kill_switch_history(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.kill_switch_history() RETURNS TABLE(at timestamp with time zone, engaged boolean, set_by text, reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select c.at, c.engaged, c.set_by, c.reason
  from engine.kill_switch_changes as c
  order by c.id desc;
end;
$$;

ALTER FUNCTION engine.kill_switch_history() OWNER TO skylatch_owner;

--
-- Name: known_rate(text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.known_rate(p_base text, p_quote text, p_now timestamp with time zone) RETURNS TABLE(rate numeric, as_of timestamp with time zone, problem text)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if p_base = p_quote then
    return query select 1::numeric, null::timestamptz, null::text;
    return;
  end if;
  return query
  with stored as (
    select distinct on (r.base, r.quote, r.source)
      r.base, r.quote, r.source, r.rate, r.as_of
    from engine.exchange_rates as r
    where r.as_of <= p_now
      and (r.base in (p_base, p_quote) or r.quote in (p_base, p_quote))
    order by r.base asc, r.quote asc, r.source asc, r.as_of desc
  ),

  leg as (
    select s.base, s.quote, s.source, s.rate, s.as_of
    from stored as s
    union all
    select s.quote, s.base, s.source, 1 / s.rate, s.as_of
    from stored as s
  ),

  way as materialized (
    select l.rate, l.as_of, 1 as legs, array[l.source] as sources
    from leg as l
    where l.base = p_base and l.quote = p_quote
    union all
    select a.rate * b.rate, least(a.as_of, b.as_of), 2, array[a.source, b.source]
    from leg as a
    inner join leg as b on a.quote = b.base
    where a.base = p_base and b.quote = p_quote
  ),

  aged as materialized (
    -- Without settings nothing is fresh, and nothing is tolerated.
    select
      w.*, coalesce(w.as_of >= p_now - s.rate_max_age, false) as is_fresh,
      coalesce(m.rate_tolerance, 0) as tolerance
    from way as w
    left join engine.search_settings as s on true
    left join engine.money_settings as m on true
  )

  select
    w.rate,
    w.as_of,
    case
      when not w.is_fresh then 'exchange_rate_too_old'
      when exists (
        select from aged as o
        where o.is_fresh
          and not o.sources && w.sources
          and greatest(o.rate, w.rate) > least(o.rate, w.rate) * (1 + o.tolerance)
      ) then 'exchange_rates_disagree'
    end
  from aged as w
  order by w.is_fresh desc, w.legs asc, w.as_of desc, w.sources asc
  limit 1;
end;
$$;

ALTER FUNCTION engine.known_rate(p_base text, p_quote text, p_now timestamp with time zone) OWNER TO skylatch_owner;

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
    lost_chance real,
    CONSTRAINT wait_decisions_chance CHECK ((((fall_chance >= (0)::double precision) AND (fall_chance <= (1)::double precision)) AND ((lost_chance >= (0)::double precision) AND (lost_chance <= (1)::double precision)))),
    CONSTRAINT wait_decisions_decision CHECK ((decision = ANY (ARRAY['BUY'::text, 'WAIT'::text])))
);

ALTER TABLE ONLY engine.wait_decisions FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.wait_decisions OWNER TO skylatch_owner;

--
-- Name: last_wait_decision(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.last_wait_decision(p_trip public.trip_requests) RETURNS engine.wait_decisions
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT d.*::engine.wait_decisions AS d
    FROM engine.wait_decisions d
   WHERE ((d.user_id = (last_wait_decision.p_trip).user_id) AND (d.trip_request_id = (last_wait_decision.p_trip).id))
   ORDER BY d.id DESC
  LIMIT 1;
END;

ALTER FUNCTION engine.last_wait_decision(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: learn_from_answer(public.booking_attempts, text, text, engine.outcome_rules, engine.call_report, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_reason text, p_now timestamp with time zone) RETURNS public.booking_attempts
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_body jsonb := p_report.body;
  v_order jsonb;
  v_ok boolean := p_verdict = 'OK';
begin
  if p_operation = 'create_order' and p_verdict in ('OK', 'REVIEW') then
    v_order := v_body -> 'data';
  elsif p_operation = 'create_order' and p_verdict = 'UNKNOWN' then
    v_attempt.order_hint := coalesce(v_body #>> '{data,id}', p_attempt.order_hint);
  elsif p_operation = 'find_order' and p_verdict in ('OK', 'REVIEW', 'FAIL')
    and p_report.error_code <> 'several'
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
    v_attempt.itinerary := coalesce(
      engine.order_itinerary(v_order), p_attempt.itinerary
    );
  end if;

  if p_verdict in ('VOID', 'RELEASE') then
    v_attempt.error_code := lower(p_verdict collate "C");
    v_attempt.error_message := 'Not booked: ' || p_reason;
    v_attempt.trip_status_after := case p_verdict
      when 'VOID' then 'ACTION_REQUIRED' else 'PENDING'
    end;
    v_attempt.search_again_after := interval '0';
  elsif p_verdict in ('FAIL', 'RESEARCH', 'STOP', 'EXHAUSTED', 'CANCEL', 'REFUND')
    and v_attempt.error_message is null
    and p_attempt.status = 'PENDING'
  then
    v_attempt.error_code := coalesce(
      p_report.error_code, lower(p_verdict collate "C")
    );
    v_attempt.error_message := coalesce(
      p_rule.reason, p_reason, 'The provider did not answer in time.'
    );
    v_attempt.trip_status_after := coalesce(p_rule.trip_status, 'PENDING');
    v_attempt.search_again_after := coalesce(
      p_rule.search_again_after, interval '10 minutes'
    );
  end if;
  return v_attempt;
end;
$$;

ALTER FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_reason text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: lease_calls(text, bigint[], boolean, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_traced boolean, p_now timestamp with time zone) RETURNS TABLE(call_id bigint, epoch integer, operation text, trip_request_id uuid, idempotency_key text, marks_sent boolean, request jsonb)
    LANGUAGE plpgsql
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
    engine.call_request(c, p_traced);
end;
$$;

ALTER FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_traced boolean, p_now timestamp with time zone) OWNER TO skylatch_owner;

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
    CONSTRAINT review_cases_kind CHECK ((kind = ANY (ARRAY['ATTEMPT'::text, 'ORPHAN_ORDER'::text, 'ORPHAN_PAYMENT'::text, 'PAYMENT_CONTRADICTION'::text, 'ORDER_CONTRADICTION'::text, 'DISPUTE'::text, 'FRAUD_WARNING'::text, 'AIRLINE_CHANGE'::text, 'AIRLINE_CANCELLATION'::text, 'REFUND_FAILED'::text, 'AUTHORIZATION_LAPSING'::text, 'POISON'::text, 'INVARIANT'::text, 'LOST_ATTEMPT'::text, 'DOUBLE_BOOKING'::text]))),
    CONSTRAINT review_cases_resolved CHECK ((((resolved_at IS NULL) = (resolved_by IS NULL)) AND ((resolved_at IS NULL) = (resolution IS NULL))))
);

ALTER TABLE ONLY engine.review_cases FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.review_cases OWNER TO skylatch_owner;

--
-- Name: saga_transitions; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.saga_transitions (
    state text NOT NULL,
    verdict text NOT NULL,
    next_state text NOT NULL,
    next_operation text,
    CONSTRAINT saga_transitions_verdict CHECK ((verdict = ANY (ARRAY['OK'::text, 'REDO'::text, 'FAIL'::text, 'RESEARCH'::text, 'UNKNOWN'::text, 'REVIEW'::text, 'EXHAUSTED'::text, 'STOP'::text, 'ADOPT'::text, 'VOID'::text, 'RELEASE'::text, 'CANCEL'::text, 'REFUND'::text, 'RESUME'::text, 'REOPEN'::text, 'FREEZE'::text, 'FOUND'::text])))
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
    history text,
    read_at timestamp with time zone,
    CONSTRAINT scans_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text]))),
    CONSTRAINT scans_scan CHECK ((scan = ANY (ARRAY['orders'::text, 'payments'::text, 'order_events'::text, 'payment_events'::text])))
);

ALTER TABLE ONLY engine.scans FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.scans OWNER TO skylatch_owner;

--
-- Name: possible_actions(engine.review_cases, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.possible_actions(p_case engine.review_cases, p_now timestamp with time zone) RETURNS TABLE(action text, does text, problem text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH fact AS (
          SELECT a.user_id,
             a.id,
             a.trip_request_id,
             a.attempt_no,
             a.status,
             a.state,
             a.epoch,
             a.idempotency_key,
             a.flight_offer_id,
             a.offer_id,
             a.agreed_amount,
             a.currency,
             a.cap_amount,
             a.trip_version,
             a.flags,
             a.payment_method_id,
             a.payment_intent_id,
             a.capture_before,
             a.order_id,
             a.booking_reference,
             a.trip_status_after,
             a.search_again_after,
             a.error_code,
             a.error_message,
             a.started_at,
             a.state_changed_at,
             a.ended_at,
             a.deadline_at,
             a.review_from,
             a.order_hint,
             a.order_cancelled_at,
             a.cancellation_id,
             a.min_refund,
             a.captured_amount,
             a.voided_at,
             a.refund_amount,
             a.refund_no,
             a.refund_id,
             a.refunded_at,
             a.itinerary,
             a.itinerary_read_at,
             a.moved_at,
             a.trace_id,
             a.trace_sampled,
                 CASE
                     WHEN (a.state <> 'NEEDS_REVIEW'::text) THEN a.state
                     WHEN (d.action = 'RESUME'::text) THEN a.review_from
                     WHEN ((d.action = 'CANCEL'::text) AND (a.status = 'SUCCESS'::text)) THEN 'CONFIRMED'::text
                     ELSE a.state
                 END AS as_state,
             d.action,
             d.does,
             ((a.order_id IS NOT NULL) AND (a.order_cancelled_at IS NULL)) AS has_order,
             ((a.order_hint IS NOT NULL) OR (EXISTS ( SELECT
                    FROM engine.provider_calls c
                   WHERE ((c.user_id = a.user_id) AND (c.booking_attempt_id = a.id) AND (c.operation = 'create_order'::text) AND (c.sent_at IS NOT NULL) AND (c.verdict IS DISTINCT FROM 'FAIL'::text) AND (c.verdict IS DISTINCT FROM 'RESEARCH'::text))))) AS may_have_order,
             COALESCE((((((possible_actions.p_case).evidence #>> '{order,read_at}'::text[]))::timestamp with time zone > (possible_actions.p_now - '00:15:00'::interval)) AND (NOT (EXISTS ( SELECT
                    FROM jsonb_array_elements(((possible_actions.p_case).evidence #> '{order,says}'::text[])) o(value)
                   WHERE ((o.value ->> 'cancelled_at'::text) IS NULL))))), false) AS shows_none
            FROM (public.booking_attempts a
              CROSS JOIN ( VALUES ('ADOPT'::text,'Takes the order you name as this attempt''s, after the same checks, and collects the money.'::text), ('VOID'::text,'Releases the hold and asks the traveller to act.'::text), ('RELEASE'::text,'Releases the hold and searches for the trip again.'::text), ('CANCEL'::text,'Cancels the order for whatever the airline returns, then releases the hold or refunds.'::text), ('REFUND'::text,'Returns what was captured to the card.'::text), ('RESUME'::text,'Goes on where it stopped.'::text)) d(action, does))
           WHERE ((a.user_id = (possible_actions.p_case).user_id) AND (a.id = (possible_actions.p_case).booking_attempt_id))
         )
  SELECT f.action,
     f.does,
         CASE
             WHEN ((possible_actions.p_case).resolved_at IS NOT NULL) THEN 'the case is closed'::text
             WHEN ((f.action = ANY (ARRAY['VOID'::text, 'RELEASE'::text])) AND (f.status = 'SUCCESS'::text)) THEN 'it is booked: CANCEL or REFUND'::text
             WHEN ((f.action = ANY (ARRAY['VOID'::text, 'RELEASE'::text])) AND f.has_order) THEN 'the order exists: CANCEL it'::text
             WHEN ((f.action = ANY (ARRAY['VOID'::text, 'RELEASE'::text])) AND f.may_have_order AND (f.order_cancelled_at IS NULL) AND (NOT f.shows_none)) THEN 'an order may exist: refresh_case, and look at what Duffel says'::text
             WHEN ((f.action = 'CANCEL'::text) AND (NOT f.has_order)) THEN 'no order is known, or it is cancelled'::text
             WHEN ((f.action = 'REFUND'::text) AND (f.captured_amount IS NULL)) THEN 'nothing was captured'::text
             WHEN ((f.action = 'REFUND'::text) AND (f.refunded_at IS NOT NULL)) THEN 'it was refunded'::text
             WHEN ((f.action = 'REFUND'::text) AND f.has_order) THEN 'the order exists: CANCEL it'::text
             WHEN ((f.action = 'ADOPT'::text) AND (f.order_id IS NOT NULL)) THEN 'its order is known'::text
             ELSE NULL::text
         END AS "case"
    FROM (fact f
      JOIN engine.saga_transitions t ON (((f.as_state = t.state) AND (f.action = t.verdict))))
   WHERE ((f.action <> 'RESUME'::text) OR (f.state = 'NEEDS_REVIEW'::text))
 UNION ALL
  SELECT 'VOID'::text,
     'Releases the hold.'::text,
         CASE
             WHEN ((possible_actions.p_case).resolved_at IS NOT NULL) THEN 'the case is closed'::text
             WHEN (COALESCE(((possible_actions.p_case).evidence #>> '{payment,says,status}'::text[]), 'unknown'::text) <> ALL (ARRAY['requires_capture'::text, 'requires_action'::text, 'requires_confirmation'::text, 'requires_payment_method'::text, 'processing'::text])) THEN 'Stripe does not say that money is held: refresh_case'::text
             WHEN (NOT (EXISTS ( SELECT
                FROM engine.scans s
               WHERE ((s.scan = 'orders'::text) AND (s.finished_at > (possible_actions.p_now - '00:15:00'::interval)))))) THEN 'an order may exist: refresh_case, and look at what Duffel says'::text
             WHEN (EXISTS ( SELECT
                FROM engine.review_cases c
               WHERE ((c.kind = 'ORPHAN_ORDER'::text) AND (c.resolved_at IS NULL) AND ((c.evidence #>> '{found,metadata,attempt_id}'::text[]) = ((possible_actions.p_case).evidence #>> '{found,metadata,attempt_id}'::text[]))))) THEN 'the order exists: cancel it first'::text
             ELSE NULL::text
         END AS "case"
   WHERE (((possible_actions.p_case).kind = 'ORPHAN_PAYMENT'::text) AND ((possible_actions.p_case).booking_attempt_id IS NULL));
END;

ALTER FUNCTION engine.possible_actions(p_case engine.review_cases, p_now timestamp with time zone) OWNER TO skylatch_owner;

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
-- Name: list_cases(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.list_cases() RETURNS TABLE(case_id bigint, kind text, opened_at timestamp with time zone, age interval, summary text, object_id text, trip_request_id uuid, trip_status text, booking_attempt_id uuid, attempt_state text, traveller text, agreed_amount numeric, captured_amount numeric, currency text, sent jsonb, heard jsonb, evidence jsonb, evidence_at timestamp with time zone, actions jsonb, decided jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT c.id,
     c.kind,
     c.opened_at,
     (clock_timestamp() - c.opened_at),
     c.summary,
     c.object_id,
     c.trip_request_id,
     t.auto_book_status,
     c.booking_attempt_id,
     a.state,
     ('traveller '::text || "left"((c.user_id)::text, 8)),
     a.agreed_amount,
     a.captured_amount,
     a.currency,
     ( SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('operation', p.operation, 'key', p.idempotency_key, 'state', p.state, 'tries', p.tries, 'created_at', p.created_at, 'claimed_at', p.claimed_at, 'sent_at', p.sent_at, 'finished_at', p.finished_at, 'verdict', p.verdict, 'http_status', p.http_status, 'error_code', p.error_code, 'request_id', p.request_id)) ORDER BY p.id), '[]'::jsonb) AS "coalesce"
            FROM engine.provider_calls p
           WHERE ((p.user_id = c.user_id) AND (p.booking_attempt_id = c.booking_attempt_id))) AS "coalesce",
     ( SELECT COALESCE(jsonb_agg(jsonb_build_object('at', e.at, 'what', e.reason, 'detail', e.detail) ORDER BY e.id), '[]'::jsonb) AS "coalesce"
            FROM engine.booking_events e
           WHERE ((e.user_id = c.user_id) AND (e.trip_request_id = c.trip_request_id) AND (e.booking_attempt_id = c.booking_attempt_id))) AS "coalesce",
     c.evidence,
     c.evidence_at,
     ( SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('action', p.action, 'does', p.does, 'not_now', p.problem)) ORDER BY (p.problem IS NOT NULL), p.action), '[]'::jsonb) AS "coalesce"
            FROM engine.possible_actions(c.*, clock_timestamp()) p(action, does, problem)) AS "coalesce",
     ( SELECT COALESCE(jsonb_agg(jsonb_build_object('at', r.at, 'actor', r.actor, 'action', r.action, 'reason', r.reason, 'outcome', r.outcome) ORDER BY r.id), '[]'::jsonb) AS "coalesce"
            FROM engine.review_actions r
           WHERE (r.review_case_id = c.id)) AS "coalesce"
    FROM ((engine.review_cases c
      LEFT JOIN public.trip_requests t ON (((c.user_id = t.user_id) AND (c.trip_request_id = t.id))))
      LEFT JOIN public.booking_attempts a ON (((c.user_id = a.user_id) AND (c.booking_attempt_id = a.id))))
   WHERE (c.resolved_at IS NULL)
   ORDER BY c.opened_at, c.id;
END;

ALTER FUNCTION engine.list_cases() OWNER TO skylatch_owner;

--
-- Name: list_reasons(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.list_reasons() RETURNS TABLE(reason text, change text, what text, without text)
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT v.reason,
     v.change,
     v.what,
     v.without
    FROM ( VALUES ('not_asked_for'::text,NULL::text,'found by another search than this trip''s'::text,NULL::text), ('wrong_slices'::text,NULL::text,'not the way out and the way back that you asked for'::text,NULL::text), ('wrong_route'::text,NULL::text,'between other airports than you asked for'::text,NULL::text), ('wrong_date'::text,NULL::text,'on another day than you asked for'::text,NULL::text), ('party_mismatch'::text,NULL::text,'not for exactly those who travel'::text,NULL::text), ('leaves_too_soon'::text,NULL::text,'leaving too soon to be booked'::text,NULL::text), ('price_above_cap'::text,'max_price'::text,'above your price limit'::text,NULL::text), ('too_many_connections'::text,'max_connections'::text,'with too many connections'::text,NULL::text), ('too_long'::text,'max_duration'::text,'too long on the way'::text,'Without the limit on duration'::text), ('layover_too_short'::text,'layover_min'::text,'with a connection that is too short'::text,'Without the shortest time for a connection'::text), ('layover_too_long'::text,'layover_max'::text,'with a connection that is too long'::text,'Without the longest time for a connection'::text), ('airport_change'::text,'no_airport_change'::text,'with a change of airports'::text,'With a change of airports allowed'::text), ('departs_outside_window'::text,'depart_after'::text,'leaving outside your hours'::text,'Without your hours for leaving'::text), ('arrives_outside_window'::text,'arrive_after'::text,'arriving outside your hours'::text,'Without your hours for arriving'::text), ('return_departs_outside_window'::text,'return_depart_after'::text,'leaving for home outside your hours'::text,'Without your hours for leaving for home'::text), ('return_arrives_outside_window'::text,'return_arrive_after'::text,'arriving home outside your hours'::text,'Without your hours for arriving home'::text), ('red_eye'::text,'no_red_eye'::text,'overnight'::text,'Without the red-eye rule'::text), ('airline_not_included'::text,'airlines_only'::text,'not only of the airlines you named'::text,'With any airline allowed'::text), ('airline_excluded'::text,'airlines_never'::text,'of an airline you excluded'::text,'With no airline excluded'::text), ('not_in_alliance'::text,'alliances'::text,'not of one of your alliances'::text,'Without the choice of alliances'::text), ('carry_on_missing'::text,'carry_on_bags'::text,'without your carry-on bags'::text,'Without included carry-on bags'::text), ('checked_bags_missing'::text,'checked_bags'::text,'without your checked bags'::text,'Without included checked bags'::text), ('not_refundable'::text,'refundable'::text,'not refundable'::text,'Without the right to a refund'::text), ('refund_unknown'::text,'accept_unknown'::text,'without a word on refunds'::text,'With unknown conditions accepted'::text), ('not_changeable'::text,'changeable'::text,'not changeable'::text,'Without the right to change'::text), ('change_unknown'::text,'accept_unknown'::text,'without a word on changes'::text,'With unknown conditions accepted'::text), ('emissions_too_high'::text,'max_emissions_kg'::text,'above your limit on emissions'::text,'Without the limit on emissions'::text), ('emissions_unknown'::text,'accept_unknown'::text,'without a word on emissions'::text,'With unknown conditions accepted'::text), ('cabin_too_low'::text,'cabin_class'::text,'partly in a lower cabin'::text,'With a lower cabin on a part of the way'::text), ('cabin_unknown'::text,'accept_unknown'::text,'without a word on the cabin'::text,'With unknown conditions accepted'::text), ('no_exchange_rate'::text,NULL::text,'in a currency without an exchange rate'::text,NULL::text), ('exchange_rate_too_old'::text,NULL::text,'in a currency with an old exchange rate'::text,NULL::text), ('exchange_rates_disagree'::text,NULL::text,'in a currency whose exchange rates disagree'::text,NULL::text), ('not_chargeable'::text,NULL::text,'not chargeable to a card exactly'::text,NULL::text), ('documents_required'::text,NULL::text,'in need of identity documents'::text,NULL::text), ('expires_too_soon'::text,NULL::text,'about to expire'::text,NULL::text), ('no_longer_offered'::text,NULL::text,'no longer offered'::text,NULL::text), ('cannot_be_judged'::text,NULL::text,'not readable'::text,NULL::text)) v(reason, change, what, without);
END;

ALTER FUNCTION engine.list_reasons() OWNER TO skylatch_owner;

--
-- Name: list_time(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.list_time(p_provider text, p_time timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN CASE p_provider WHEN 'duffel'::text THEN to_jsonb(to_char((p_time AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) ELSE to_jsonb((floor(EXTRACT(epoch FROM p_time)))::bigint) END;

ALTER FUNCTION engine.list_time(p_provider text, p_time timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: lock_case(bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lock_case(p_case_id bigint) RETURNS engine.review_cases
    LANGUAGE plpgsql
    AS $$
declare
  v_case engine.review_cases;
begin
  select c.* into v_case from engine.review_cases as c where c.id = p_case_id;
  perform from public.trip_requests as t
  where t.user_id = v_case.user_id and t.id = v_case.trip_request_id
  for no key update;
  perform from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id
  for no key update;
  select c.* into v_case
  from engine.review_cases as c where c.id = p_case_id
  for no key update;
  if v_case.id is null then
    raise exception using
      errcode = 'SK107',
      message = 'no such case',
      detail = jsonb_build_object('case', p_case_id),
      column = 'p_case_id',
      hint = 'Its number is in review_queue.';
  end if;
  return v_case;
end;
$$;

ALTER FUNCTION engine.lock_case(p_case_id bigint) OWNER TO skylatch_owner;

--
-- Name: lock_traveller(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lock_traveller(p_user_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  if p_user_id is null then
    return;  -- the call that was asked for is not there
  end if;
  perform engine.hold_traveller(p_user_id);
  perform from public.spending_limits as l
  where l.user_id = p_user_id
  order by l.currency, l.period
  for no key update;
end;
$$;

ALTER FUNCTION engine.lock_traveller(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: lock_trip(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.lock_trip(p_trip_id uuid) RETURNS public.trip_requests
    LANGUAGE plpgsql
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
-- Name: log_event(uuid, uuid, uuid, text, text, text, text, text, jsonb, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_cause text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb DEFAULT '{}'::jsonb, p_trace_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_trace_id uuid := p_trace_id;
begin
  if v_trace_id is null and p_attempt_id is not null then
    select coalesce(a.trace_id, a.id) into v_trace_id
    from public.booking_attempts as a
    where a.user_id = p_user_id and a.id = p_attempt_id;
  end if;
  insert into engine.booking_events (
    user_id, trip_request_id, booking_attempt_id, actor, correlation_id, from_state,
    to_state, reason, detail, at
  )
  values (
    p_user_id, p_trip_id, p_attempt_id, p_actor,
    coalesce(engine.trace_hex(v_trace_id), p_cause), p_from_state, p_to_state, p_reason,
    p_detail || jsonb_build_object('cause', p_cause), clock_timestamp()
  );
end;
$$;

ALTER FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_cause text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb, p_trace_id uuid) OWNER TO skylatch_owner;

--
-- Name: look_again(bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.look_again(p_case_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_case engine.review_cases := engine.lock_case(p_case_id);
begin
  perform engine.gather_evidence(v_case.id, clock_timestamp());
  perform engine.wake_sidecar();
end;
$$;

ALTER FUNCTION engine.look_again(p_case_id bigint) OWNER TO skylatch_owner;

--
-- Name: look_at_bookings(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.look_at_bookings(p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_room integer := 20 - (
    select count(*)::integer
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.payload ? 'scheduled'
  );
  v_due record;
  v_asked integer := 0;
begin
  for v_due in
    with due as materialized (
      select b.user_id, b.id
      from public.flight_bookings as b
      inner join public.trip_requests as t
        on b.user_id = t.user_id and b.trip_request_id = t.id
      where b.status = 'CONFIRMED' and b.next_look_at <= p_now
      order by b.next_look_at
      limit greatest(v_room, 0)
      for no key update of t skip locked
    )

    update public.flight_bookings as b
    set
      next_look_at = p_now + engine.booking_look_interval(f.leaves_at - p_now)
        * (0.8 + 0.2 * random())
    from due as d
    inner join public.flight_bookings as was on d.user_id = was.user_id and d.id = was.id
    inner join public.booking_attempts as a
      on was.user_id = a.user_id and was.booking_attempt_id = a.id
    inner join public.flight_offers as o
      on was.user_id = o.user_id and was.flight_offer_id = o.id
    -- None is left once the last slice has departed.
    cross join lateral (
      select min(lower(s.during)) as leaves_at
      from engine.flight_times(coalesce(a.itinerary, o.itinerary)) as s (during)
      where lower(s.during) > p_now
    ) as f
    where b.user_id = d.user_id and b.id = d.id
    returning b.order_id, b.offer_id, f.leaves_at, a as attempt
  loop
    continue when v_due.leaves_at is null;
    perform engine.enqueue_look(
      'look_order', v_due.order_id,
      jsonb_build_object(
        'offer_id', v_due.offer_id, 'order_id', v_due.order_id, 'scheduled', true
      ),
      v_due.attempt, p_now + v_asked * interval '3 seconds'
    );
    v_asked := v_asked + 1;
  end loop;
  if v_asked > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_asked;
end;
$$;

ALTER FUNCTION engine.look_at_bookings(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: look_interval(date, numeric, numeric, real, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.look_interval(p_departure_date date, p_cheapest numeric, p_cap numeric, p_volatility real, p_now timestamp with time zone) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN make_interval(secs => GREATEST((600)::double precision, LEAST((86400)::double precision, (((EXTRACT(epoch FROM ((((p_departure_date + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text) - p_now)))::double precision / (100)::double precision) * CASE WHEN (p_cheapest IS NULL) THEN (1)::double precision ELSE GREATEST((0.02)::double precision, LEAST((4)::double precision, (((((p_cheapest)::double precision / (p_cap)::double precision) - (1)::double precision) / (p_volatility + (0.02)::double precision)) / (5)::double precision))) END))));

ALTER FUNCTION engine.look_interval(p_departure_date date, p_cheapest numeric, p_cap numeric, p_volatility real, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: manage_monitor_job(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.manage_monitor_job(p_action text, p_reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text;
  v_job engine.jobs;
  v_cron jsonb;
  v_changed boolean := false;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
  v_reason := nullif(btrim(p_reason), '');
  select j.* into strict v_job from engine.jobs as j where j.job = 'auto_book_monitor';
  if p_action = 'stop' then
    update engine.job_beats as b
    set stopped_at = v_now, stopped_by = engine.caller(), stop_reason = v_reason
    where b.job = v_job.job and b.stopped_at is null;
    v_changed := found;
  elsif p_action = 'start' then
    update engine.job_beats as b
    set stopped_at = null, stopped_by = null, stop_reason = null, since = v_now
    where b.job = v_job.job and b.stopped_at is not null;
    v_changed := found;
  end if;
  if v_changed then
    insert into engine.job_changes (at, job, stopped, reason, set_by)
    values (v_now, v_job.job, p_action = 'stop', v_reason, engine.caller());
    perform engine.ring('skylatch_alerts');
  end if;
  v_cron := engine.change_cron_job(
    p_action, v_job.job, v_job.schedule, v_job.command
  );
  if p_action = 'start' and v_cron is not null then
    update engine.job_beats as b set scheduled_at = v_now where b.job = v_job.job;
  end if;
  return coalesce(
    v_cron, jsonb_build_object('jobname', v_job.job, 'active', false)
  ) || (
    select
      jsonb_build_object(
        'scheduled_by', o.scheduled_by,
        'last_succeeded_at', o.last_succeeded_at,
        'stopped_at', o.stopped_at,
        'stopped_by', o.stopped_by,
        'stop_reason', o.stop_reason
      )
    from engine.job_overview() as o
    where o.job = v_job.job
  );
end;
$$;

ALTER FUNCTION engine.manage_monitor_job(p_action text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: mark_sent(bigint, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '250ms'
    AS $$
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
  where o.user_id = v_attempt.user_id and o.id = v_attempt.flight_offer_id;
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

ALTER FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) OWNER TO skylatch_owner;

--
-- Name: match_party(uuid, uuid, jsonb, date, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.match_party(p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date) RETURNS TABLE(traveler_profile_id uuid, passenger_id text, infant_passenger_id text)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
begin
  return query
  with place as materialized (
    select
      -- However the provider lists them, a place has the same traveller.
      row_number() over (order by i.value ->> 'id' collate "C") as nth,
      nullif(i.value ->> 'id', '') as id,
      (i.value ->> 'age')::integer as age,
      case
        when i.value ->> 'age' is null then case i.value ->> 'type'
          when 'adult' then 'adult'
          when 'child' then 'child'
          when 'infant_without_seat' then 'infant'
        end
        when i.value ->> 'type' = 'adult' and (i.value ->> 'age')::integer < 18
          then null
        when i.value ->> 'type' = 'child' and (i.value ->> 'age')::integer >= 18
          then null
        when i.value ->> 'type' = 'infant_without_seat'
          and (i.value ->> 'age')::integer >= 2 then null
        when (i.value ->> 'age')::integer < 2 then 'infant'
        when (i.value ->> 'age')::integer < 18 then 'child'
        else 'adult'
      end as kind
    from jsonb_array_elements(p_places) as i
  ),

  traveller as materialized (
    select
      t.traveler_profile_id as id,
      t.age,
      case when t.age < 2 then 'infant' when t.age < 18 then 'child' else 'adult' end
        as kind,
      row_number() over (partition by t.age order by t.traveler_profile_id) as nth_of_age,
      -- That a birth date is missing is said elsewhere, and asks the traveller.
      (b.age < 18) is not true as is_grown
    from engine.trip_party(p_user_id, p_trip_id, p_last_day) as t
    inner join engine.trip_party(p_user_id, p_trip_id, p_first_day) as b
      on t.traveler_profile_id = b.traveler_profile_id
  ),

  by_age as materialized (
    select t.id as traveller, t.is_grown, p.id, p.nth, p.kind
    from traveller as t
    inner join (
      select
        p.*,
        row_number() over (partition by p.age order by p.nth) as nth_of_age
      from place as p
      where p.age is not null and p.kind is not null
    ) as p on t.age = p.age and t.nth_of_age = p.nth_of_age
  ),

  taken as materialized (
    select a.traveller, a.is_grown, a.id, a.nth, a.kind
    from by_age as a
    union all
    select t.id, t.is_grown, p.id, p.nth, p.kind
    from (
      select
        t.id,
        t.kind,
        t.is_grown,
        row_number() over (partition by t.kind order by t.id) as nth_of_kind
      from traveller as t
      where t.id not in (select a.traveller from by_age as a)
    ) as t
    inner join (
      select
        p.*,
        row_number() over (partition by p.kind order by p.nth) as nth_of_kind
      from place as p
      where p.age is null
    ) as p on t.kind = p.kind and t.nth_of_kind = p.nth_of_kind
  ),

  seated as (
    select
      t.traveller,
      t.id,
      t.kind,
      t.kind = 'adult' and t.is_grown as is_grown,
      row_number() over (
        partition by t.kind = 'infant', t.kind = 'adult' and t.is_grown order by t.nth
      ) as nth
    from taken as t
  )

  select a.traveller, a.id, l.id
  from seated as a
  left join seated as l on a.is_grown and l.kind = 'infant' and a.nth = l.nth
  where (
      select count(*) = count(distinct p.id) and count(*) = (select count(*) from taken)
      from place as p
    )
    and (select count(*) from traveller) = (select count(*) from taken)
    and greatest((select count(*) from seated as s where s.kind = 'infant'), 1)
    <= (select count(*) from seated as s where s.is_grown)
  order by a.id;
end;
$$;

ALTER FUNCTION engine.match_party(p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date) OWNER TO skylatch_owner;

--
-- Name: may_act_for(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.may_act_for(p_user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((p_user_id = auth.uid()) OR engine.acts_as('service_role'::text));

ALTER FUNCTION engine.may_act_for(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: may_ask_again_at(public.trip_requests, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.may_ask_again_at(p_trip public.trip_requests, p_now timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
  v_limits engine.traveller_limits;
  v_traveller engine.travellers := engine.hold_traveller(p_trip.user_id);
  v_needed integer;
  v_credit double precision;
begin
  select l.* into v_limits from engine.traveller_limits as l;
  select count(*) into v_needed
  from engine.trip_searches as s
  where s.user_id = p_trip.user_id
    and s.trip_request_id = p_trip.id
    and s.over_at > p_now;
  v_needed := least(greatest(v_needed, 1), v_limits.searches_per_hour);
  v_credit := engine.search_credit(v_traveller, v_limits.searches_per_hour, p_now);
  return greatest(
    p_trip.asked_at + v_limits.search_pause,
    p_now + make_interval(
      secs => greatest(v_needed - v_credit, 0) * 3600 / v_limits.searches_per_hour
    )
  );
end;
$$;

ALTER FUNCTION engine.may_ask_again_at(p_trip public.trip_requests, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: may_have_order(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.may_have_order(p_user_id uuid, p_attempt_id uuid, p_made_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select case
      when a.status <> 'FAILED'
        or a.order_id is not null and a.order_cancelled_at is null
        or a.order_id is null and a.order_hint is not null
        or exists (
          select from engine.review_cases as c
          where c.kind in ('ORPHAN_ORDER', 'ORDER_CONTRADICTION')
            and c.user_id = p_user_id
            and c.booking_attempt_id = p_attempt_id
        ) then true
      when exists (
        select from engine.scans as s
        where s.scan = 'orders'
          and s.history = engine.present_history()
          and s.scanned_to > greatest(a.ended_at, p_made_at) + interval '5 minutes'
      ) then false
    end
    from public.booking_attempts as a
    where a.user_id = p_user_id and a.id = p_attempt_id
  );
end;
$$;

ALTER FUNCTION engine.may_have_order(p_user_id uuid, p_attempt_id uuid, p_made_at timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: metric_labels(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.metric_labels() RETURNS TABLE(label text, value text)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select 'operation', o.operation from engine.operations as o
  union all
  select 'verdict', v.verdict
  from unnest(
    '{OK,RETRY,REDO,FAIL,RESEARCH,UNKNOWN,REVIEW,EXHAUSTED}'::text[]
  ) as v (verdict)
  union all
  select 'state', s.state from engine.saga_states as s where not s.is_final
  union all
  -- Why an attempt ended without a booking: the codes that have a rule, those of cards
  -- that share one, and our own words for an end that has none.
  select 'reason', r.error_code
  from engine.outcome_rules as r
  where r.error_code not in ('*', 'ok')
  union
  select 'reason', u.reason
  from unnest(
    '{card_declined,exhausted,generic_decline,other,release,stop,void}'::text[]
  ) as u (reason)
  union all
  select 'offer', l.reason from engine.list_reasons() as l
  union all
  select 'offer', w.reason from unnest('{fits,unreadable}'::text[]) as w (reason)
  union all
  select 'provider', p.provider from unnest('{duffel,stripe}'::text[]) as p (provider)
  union all
  select 'outcome', e.outcome
  from unnest('{applied,dead,ignored,refused}'::text[]) as e (outcome)
  union all
  select 'search', e.outcome
  from unnest('{answered,given_up,refused,retried}'::text[]) as e (outcome)
  union all
  select 'movement', m.movement
  from unnest('{authorized,captured,refunded,voided}'::text[]) as m (movement)
  union all
  select 'currency', c.code from engine.currencies as c
  union all
  select 'job', j.job from engine.jobs as j
  union all
  select 'queue', q.queue
  from unnest('{booking,event,look,search}'::text[]) as q (queue)
  union all
  select 'flag', f.flag from engine.flag_register as f
  union all
  select 'period', p.period from unnest('{day,month,price,total}'::text[]) as p (period)
  union all
  select 'alert', a.kind
  from unnest(
    array[
      'AUTHORIZATION_LAPSING', 'BOOKINGS_UNREAD', 'BREAKER_OPEN', 'CALLS_DEAD',
      'CALLS_WAITING', 'CRON_SILENT', 'DURATIONS_DIFFER', 'FLAGS_STALE',
      'FLAG_SOURCE_GONE', 'HISTORY_UNCONFIRMED', 'INVARIANT', 'JOB_SILENT',
      'JOB_STOPPED', 'KILL_SWITCH', 'ORDER_UNKNOWN', 'RATES_WAITING', 'REVIEW_CASE'
    ]
  ) as a (kind)
  union all
  select 'case', k.kind
  from unnest(
    array[
      'AIRLINE_CANCELLATION', 'AIRLINE_CHANGE', 'ATTEMPT', 'AUTHORIZATION_LAPSING',
      'DISPUTE', 'DOUBLE_BOOKING', 'FRAUD_WARNING', 'INVARIANT', 'LOST_ATTEMPT',
      'ORDER_CONTRADICTION', 'ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'PAYMENT_CONTRADICTION',
      'POISON', 'REFUND_FAILED'
    ]
  ) as k (kind);
end;
$$;

ALTER FUNCTION engine.metric_labels() OWNER TO skylatch_owner;

--
-- Name: metrics(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.metrics() RETURNS TABLE(name text, labels jsonb, value numeric)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query select m.* from engine.counter_metrics() as m;
  return query select m.* from engine.work_metrics(v_now) as m;
  return query select m.* from engine.watch_metrics(v_now) as m;
  return query select m.* from engine.switch_metrics(v_now) as m;
  return query
  select
    'skylatch_engine_info', jsonb_build_object('version', engine.version()), 1::numeric;
end;
$$;

ALTER FUNCTION engine.metrics() OWNER TO skylatch_owner;

--
-- Name: miss_flags(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.miss_flags(p_source text, p_problem text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update engine.flag_sync as s
  set
    source = left(p_source, 200),
    source_failed_at = coalesce(s.source_failed_at, clock_timestamp()),
    source_problem = left(p_problem, 200);
end;
$$;

ALTER FUNCTION engine.miss_flags(p_source text, p_problem text) OWNER TO skylatch_owner;

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
    budget integer DEFAULT 0 NOT NULL,
    shared integer DEFAULT 0 NOT NULL,
    postponed integer DEFAULT 0 NOT NULL,
    free_from timestamp with time zone,
    CONSTRAINT monitor_runs_counts CHECK (((claimed >= 0) AND (skipped >= 0) AND (expired >= 0) AND (searches >= 0))),
    CONSTRAINT monitor_runs_plan CHECK (((budget >= 0) AND (shared >= 0) AND (postponed >= 0)))
);

ALTER TABLE ONLY engine.monitor_runs FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.monitor_runs OWNER TO skylatch_owner;

--
-- Name: monitor_run(bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.monitor_run(p_run_id bigint) RETURNS TABLE(claimed integer, skipped integer, expired integer, searches integer, reason text)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT r.claimed,
     r.skipped,
     r.expired,
     r.searches,
     r.reason
    FROM engine.monitor_runs r
   WHERE (r.id = monitor_run.p_run_id);
END;

ALTER FUNCTION engine.monitor_run(p_run_id bigint) OWNER TO skylatch_owner;

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
    v_job := coalesce(
      engine.change_cron_job('status', 'auto_book_monitor', null, null), '{}'
    );
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
-- Name: net_problems(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.net_problems() RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_net oid := to_regnamespace('net');
begin
  if not exists (
    select from pg_proc as p where p.pronamespace = v_net and p.proname = 'http_post'
  ) then
    return;
  end if;
  return query
  select format('%s may use pg_net', coalesce(r.rolname, 'everybody'))
  from (
    select g.grantee
    from pg_namespace as n
    cross join aclexplode(n.nspacl) as g
    where n.oid = v_net
    union
    select g.grantee
    from pg_proc as p
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    where p.pronamespace = v_net
    union
    select g.grantee
    from pg_class as c
    cross join aclexplode(c.relacl) as g
    where c.relnamespace = v_net
  ) as a
  left join pg_roles as r on r.oid = a.grantee
  where a.grantee = 0
    or r.rolname in (
      'anon', 'authenticated', 'service_role', 'authenticator', 'skylatch_operator',
      'skylatch_sidecar', 'skylatch_cron', 'skylatch_feed', 'skylatch_watch'
    );
  if not has_schema_privilege('skylatch_owner', v_net, 'usage') or not exists (
    select from pg_proc as p
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    where p.pronamespace = v_net
      and p.proname = 'http_post'
      and g.grantee in (0, to_regrole('skylatch_owner'))
  ) then
    return next 'skylatch_owner may not use pg_net';
  end if;
end;
$$;

ALTER FUNCTION engine.net_problems() OWNER TO skylatch_owner;

--
-- Name: never_above_the_limit(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.never_above_the_limit(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    format(
      '%s over a limit of %s', engine.format_money(a.agreed_amount, a.currency),
      engine.format_money(a.cap_amount, a.currency)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since and a.agreed_amount > a.cap_amount;
end;
$$;

ALTER FUNCTION engine.never_above_the_limit(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: next_volatility(real, numeric, numeric); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.next_volatility(p_volatility real, p_before numeric, p_after numeric) RETURNS real
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE(((((0.8)::double precision * p_volatility) + ((0.2 * abs(((p_after / NULLIF(p_before, (0)::numeric)) - (1)::numeric))))::double precision))::real, p_volatility);

ALTER FUNCTION engine.next_volatility(p_volatility real, p_before numeric, p_after numeric) OWNER TO skylatch_owner;

--
-- Name: no_call_is_ahead_of_its_attempt(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.no_call_is_ahead_of_its_attempt(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    c.id::text,
    format('%s made for epoch %s of %s', c.operation, c.attempt_epoch, a.epoch),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.attempt_epoch > a.epoch;
end;
$$;

ALTER FUNCTION engine.no_call_is_ahead_of_its_attempt(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: no_card_number_or_secret_in_a_text(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.no_card_number_or_secret_in_a_text(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select t.place, 'take it out at once', t.at
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
  where t.body collate "C" ~* '_(live|test)_|whsec_|-----BEGIN|[3-6]( ?[0-9]){12}'
    and engine.holds_secret(t.body);
end;
$$;

ALTER FUNCTION engine.no_card_number_or_secret_in_a_text(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: no_failure_hides_an_order(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.no_failure_hides_an_order(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text, 'order ' || a.order_id, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.order_id is not null
    and a.order_cancelled_at is null;
end;
$$;

ALTER FUNCTION engine.no_failure_hides_an_order(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: no_hold_is_left_when_an_attempt_fails(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.no_hold_is_left_when_an_attempt_fails(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    'payment ' || a.payment_intent_id || ' was neither voided nor returned',
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.payment_intent_id is not null
    and a.voided_at is null
    and a.refunded_at is null;
end;
$$;

ALTER FUNCTION engine.no_hold_is_left_when_an_attempt_fails(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: no_limit_of_a_traveller_is_exceeded(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.no_limit_of_a_traveller_is_exceeded(p_since timestamp with time zone, p_now timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    format('%s %s %s', l.user_id, l.currency, l.period),
    format('%s over a limit of %s', sum(s.kept), l.amount), max(a.state_changed_at)
  from (
    select distinct c.user_id
    from public.booking_attempts as c
    where c.state_changed_at >= p_since
  ) as d
  inner join public.spending_limits as l on d.user_id = l.user_id
  inner join public.booking_attempts as a
    on l.user_id = a.user_id and l.currency = a.currency
  cross join lateral (
    select
      a.agreed_amount - case
        when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
      end as kept
  ) as s
  where a.order_id is not null
    and (
      a.status = 'PENDING'
      or a.status = 'SUCCESS'
      and (
        l.period = 'total'
        or a.ended_at >= date_trunc(l.period, p_now at time zone 'UTC')
        at time zone 'UTC'
      )
    )
  group by l.user_id, l.currency, l.period
  having sum(s.kept) > l.amount and max(a.started_at) > l.changed_at;
end;
$$;

ALTER FUNCTION engine.no_limit_of_a_traveller_is_exceeded(p_since timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nobody_is_on_two_flights_at_once(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nobody_is_on_two_flights_at_once(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    format('%s %s', c.one, c.other),
    'overlap', max(c.changed)
  from (
    select
      least(d.id, o.attempt_id) as one,
      greatest(d.id, o.attempt_id) as other,
      d.changed
    from (
      select a.user_id, a.id, a.state_changed_at as changed
      from public.booking_attempts as a
      where a.state_changed_at >= p_since
      union all
      select a.user_id, a.id, a.moved_at
      from public.booking_attempts as a
      where a.moved_at >= p_since
    ) as d
    inner join public.booking_attempts as a on d.user_id = a.user_id and d.id = a.id
    left join public.flight_bookings as b
      on a.user_id = b.user_id and a.id = b.booking_attempt_id
    cross join lateral engine.overlapping_attempts(d.user_id, d.id) as o
    where a.status = 'PENDING' or b.status = 'CONFIRMED'
  ) as c
  group by c.one, c.other;
end;
$$;

ALTER FUNCTION engine.nobody_is_on_two_flights_at_once(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_breaker(text, engine.call_report, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_breaker(p_operation text, p_report engine.call_report, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_after smallint;
  v_status integer := p_report.http_status;
begin
  select o.breaks_after into v_after
  from engine.operations as o where o.operation = p_operation;
  if v_after is null then
    return;
  elsif v_status is null or v_status >= 500 then
    insert into engine.breakers as b (operation, failures, last_error, changed_at)
    values (p_operation, 1, coalesce(v_status::text, p_report.error_code), p_now)
    on conflict (operation) do update
    set
      failures = case
        when b.open_until > p_now then b.failures else b.failures + 1
      end,
      last_error = excluded.last_error,
      -- Once it has opened this is since when, whatever fails later.
      changed_at = case
        when b.failures + 1 > v_after then b.changed_at else excluded.changed_at
      end,
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

ALTER FUNCTION engine.note_breaker(p_operation text, p_report engine.call_report, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_changed_limit(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_changed_limit() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  new.changed_at := clock_timestamp();
  return new;
end;
$$;

ALTER FUNCTION engine.note_changed_limit() OWNER TO skylatch_owner;

--
-- Name: note_changed_person(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_changed_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform from public.trip_passengers as p
  inner join public.trip_requests as t
    on p.user_id = t.user_id and p.trip_request_id = t.id
  where p.user_id = old.user_id
    and p.traveler_profile_id = old.id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED')
  order by t.id
  for no key update of t;
  update public.trip_requests as t
  set version = t.version + 1, updated_at = clock_timestamp()
  from public.trip_passengers as p
  where p.user_id = old.user_id
    and p.traveler_profile_id = old.id
    and t.user_id = p.user_id
    and t.id = p.trip_request_id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED');
  return new;
end;
$$;

ALTER FUNCTION engine.note_changed_person() OWNER TO skylatch_owner;

--
-- Name: note_dispute(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_id text := p_body ->> 'id';
  v_intent text := coalesce(
    p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent'
  );
  v_ended boolean := p_body ->> 'status' in (
    'won', 'lost', 'warning_closed', 'prevented'
  );
  v_attempt public.booking_attempts;
begin
  v_attempt := engine.event_attempt(
    v_id, jsonb_build_object('payment_intent', v_intent)
  );
  -- Of a payment of another installation on this account.
  if engine.belongs_elsewhere(p_body) then
    return 'not ours';
  end if;
  if p_call.operation = 'look_warning' then
    perform engine.open_case(
      'FRAUD_WARNING', v_id, v_attempt,
      format('The card''s bank expects a dispute: %s.', p_body ->> 'fraud_type'),
      jsonb_build_object('warning', p_body), p_now
    );
    return 'warned';
  end if;
  update public.flight_bookings as b
  set
    attention = case
      when not v_ended then 'Its card payment is disputed with the bank.'
      when p_body ->> 'status' = 'lost'
        then 'Its card payment was disputed and taken back by the bank.'
    end
  where b.user_id = v_attempt.user_id and b.booking_attempt_id = v_attempt.id;
  if not v_ended
    or not exists (
      select from engine.review_cases as c where c.kind = 'DISPUTE' and c.object_id = v_id
    )
  then
    perform engine.open_case(
      'DISPUTE', v_id, v_attempt,
      format(
        'A payment is disputed (%s); evidence is due by %s.', p_body ->> 'reason',
        coalesce(
          to_char(
            to_timestamp(
              coalesce(
                p_body #>> '{evidence,due_by}', p_body #>> '{evidence_details,due_by}'
              )::bigint
            ) at time zone 'UTC',
            'YYYY-MM-DD HH24:MI "UTC"'
          ),
          'no date'
        )
      ),
      jsonb_build_object('dispute', p_body), p_now
    );
  end if;
  if v_ended then
    perform engine.close_case('DISPUTE', v_id, 'provider', p_body ->> 'status', p_now);
  end if;
  return p_body ->> 'status';
end;
$$;

ALTER FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_itinerary(public.booking_attempts, jsonb, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_itinerary(p_attempt public.booking_attempts, p_order jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
  v_itinerary jsonb := engine.order_itinerary(p_order);
  v_before jsonb;
begin
  if v_itinerary is null or p_read_at < p_attempt.itinerary_read_at then
    return false;
  end if;
  update public.booking_attempts as a
  set itinerary = v_itinerary, itinerary_read_at = p_read_at
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  select coalesce(p_attempt.itinerary, o.itinerary) into v_before
  from public.flight_offers as o
  where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id;
  if array(select t.during from engine.flight_times(v_itinerary) as t (during))
    = array(select t.during from engine.flight_times(v_before) as t (during))
  then
    return false;
  end if;
  update public.booking_attempts as a
  set moved_at = p_now
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  update public.flight_bookings as b
  set attention = 'The airline moved this flight: its times have changed.'
  where b.user_id = p_attempt.user_id
    and b.booking_attempt_id = p_attempt.id
    and b.status = 'CONFIRMED'
    and b.attention is null;
  perform engine.log_event(
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, 'engine',
    'order:' || p_attempt.order_id, null, null, 'the airline moved the flight',
    jsonb_build_object('flights', v_itinerary)
  );
  return true;
end;
$$;

ALTER FUNCTION engine.note_itinerary(p_attempt public.booking_attempts, p_order jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_lost(uuid, uuid, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_lost(p_attempt_id uuid, p_trip_id uuid, p_facts jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  perform engine.open_trip_case(
    'LOST_ATTEMPT', p_attempt_id::text, p_trip_id,
    'An attempt of this trip may have gone further than is known here.',
    jsonb_build_object('found', p_facts), p_now
  );
end;
$$;

ALTER FUNCTION engine.note_lost(p_attempt_id uuid, p_trip_id uuid, p_facts jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_method(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_card public.payment_methods;
  v_trip record;
begin
  select m.* into v_card
  from public.payment_methods as m
  where m.stripe_payment_method_id = p_body ->> 'id';
  if not found then
    return 'not ours';
  end if;
  if coalesce(p_body #>> '{customer,id}', p_body ->> 'customer')
    is not distinct from v_card.stripe_customer_id
  then
    update public.payment_methods as m
    set
      brand = p_body #>> '{card,brand}',
      last4 = p_body #>> '{card,last4}',
      exp_month = (p_body #>> '{card,exp_month}')::smallint,
      exp_year = (p_body #>> '{card,exp_year}')::smallint
    where m.user_id = v_card.user_id
      and m.id = v_card.id
      and (m.brand, m.last4, m.exp_month, m.exp_year) is distinct from (
        p_body #>> '{card,brand}', p_body #>> '{card,last4}',
        (p_body #>> '{card,exp_month}')::smallint,
        (p_body #>> '{card,exp_year}')::smallint
      );
    return case when found then 'card updated' else 'as expected' end;
  end if;

  update public.payment_methods as m
  set detached_at = p_now
  where m.user_id = v_card.user_id and m.id = v_card.id and m.detached_at is null;
  for v_trip in
    select t.id
    from public.trip_requests as t
    where t.user_id = v_card.user_id
      and t.payment_method_id = v_card.id
      and t.auto_book_enabled
      and t.auto_book_status = 'PENDING'
    for no key update skip locked
  loop
    update public.trip_requests as t
    set
      auto_book_status = 'ACTION_REQUIRED',
      status_reason = 'Your card was removed. Please add another one.',
      status_changed_at = p_now
    where t.user_id = v_card.user_id and t.id = v_trip.id;
    perform engine.log_event(
      v_card.user_id, v_trip.id, null, 'provider', 'call:' || p_call.id, 'PENDING',
      'ACTION_REQUIRED', 'the card was removed', '{}', p_call.trace_id
    );
  end loop;
  if exists (
    select from public.trip_requests as t
    where t.user_id = v_card.user_id
      and t.payment_method_id = v_card.id
      and t.auto_book_enabled
      and t.auto_book_status = 'PENDING'
  ) then
    perform engine.enqueue_look(
      'look_method', p_body ->> 'id',
      jsonb_build_object('payment_method', p_body ->> 'id'),
      null::public.booking_attempts, p_now + interval '10 seconds'
    );
  end if;
  return 'card removed';
end;
$$;

ALTER FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_order(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_found record;
  v_order record;
  v_booking public.flight_bookings;
  v_attempt public.booking_attempts;
  v_change jsonb;
  v_outcome text;
begin
  select j.* into v_found
  from engine.judge_orders(
    p_body -> 'orders', coalesce(p_call.claimed_at, p_now), 'infinity', p_now
  ) as j;
  if v_found.passed_over > 0 then
    -- Of a few orders none is passed over: they are looked at again, all of them.
    raise exception using
      errcode = 'SK308',
      message = 'the trip is held by another transaction',
      detail = jsonb_build_object('call', p_call.id),
      hint = 'Nothing is wrong with the answer: it is taken in again.';
  end if;
  v_outcome := case
    when v_found.at_odds > 0 then format('%s to look at', v_found.at_odds)
  end;
  for v_order in
    select o.value as facts, b.user_id, b.trip_request_id, b.id as booking_id
    from jsonb_array_elements(p_body -> 'orders') as o
    inner join public.flight_bookings as b on o.value ->> 'id' = b.order_id
    where b.status = 'CONFIRMED' and not engine.belongs_elsewhere(o.value -> 'metadata')
    order by b.trip_request_id
  loop
    perform engine.take_trip(v_order.user_id, v_order.trip_request_id);
    select b.* into v_booking
    from public.flight_bookings as b
    where b.user_id = v_order.user_id and b.id = v_order.booking_id;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_booking.user_id and a.id = v_booking.booking_attempt_id
    for no key update;
    if v_booking.status = 'CONFIRMED'
      and engine.note_itinerary(
        v_attempt, v_order.facts, coalesce(p_call.claimed_at, p_now), p_now
      )
    then
      v_outcome := 'moved by the airline';
    end if;
    -- While a cancellation of ours runs, the order is the saga's to watch.
    continue when v_booking.status <> 'CONFIRMED' or v_attempt.state <> 'CONFIRMED';
    if v_order.facts ->> 'cancelled_at' is not null then
      perform engine.cancel_by_airline(v_attempt, v_order.facts, p_now);
      v_outcome := 'cancelled by the airline';
      continue;
    end if;
    for v_change in
      select c.value
      from jsonb_array_elements(
        case jsonb_typeof(v_order.facts -> 'airline_initiated_changes')
          when 'array' then v_order.facts -> 'airline_initiated_changes' else '[]'
        end
      ) as c
      where c.value ->> 'id' is not null
    loop
      if v_change ->> 'action_taken' is not null then
        perform engine.close_case(
          'AIRLINE_CHANGE', v_change ->> 'id', 'engine', v_change ->> 'action_taken',
          p_now
        );
      elsif engine.find_case(
        'AIRLINE_CHANGE', v_change ->> 'id', v_attempt,
        'The airline changed a booked flight: accept it, change it or cancel.',
        jsonb_build_object('found', v_order.facts), p_now
      ) is not null then
        update public.flight_bookings as b
        set attention = 'The airline changed this flight: we are looking into it.'
        where b.user_id = v_booking.user_id and b.id = v_booking.id;
        v_outcome := 'changed by the airline';
      end if;
    end loop;
  end loop;
  return v_outcome;
end;
$$;

ALTER FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_orphan_void(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_orphan_void(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
begin
  if p_body ->> 'status' = 'canceled' then
    perform engine.close_case(
      'ORPHAN_PAYMENT', p_call.object_id, 'engine', 'the payment is canceled', p_now
    );
  end if;
  return p_body ->> 'status';
end;
$$;

ALTER FUNCTION engine.note_orphan_void(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_payment(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_id text := p_body ->> 'id';
  v_intent text := coalesce(
    p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent', v_id
  );
  v_charge jsonb := case
    when jsonb_typeof(p_body -> 'latest_charge') = 'object' then p_body -> 'latest_charge'
  end;
  v_attempt public.booking_attempts;
  v_before timestamptz;
  v_kept bigint;
  v_ours bigint;
  v_problem text;
begin
  if p_call.booking_attempt_id is null or v_intent <> v_id then
    -- A charge is a part of the truth: an intent may have been charged more than once.
    select a.* into v_attempt
    from public.booking_attempts as a where a.payment_intent_id = v_intent;
    if not found then
      return 'not ours';
    end if;
    perform engine.enqueue_look(
      'look_payment', v_intent, jsonb_build_object('payment_intent', v_intent),
      v_attempt, p_now
    );
    return 'passed on';
  end if;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;

  if not (select s.is_final from engine.saga_states as s where s.state = v_attempt.state)
  then
    v_before := to_timestamp(
      (v_charge #>> '{payment_method_details,card,capture_before}')::bigint
    );
    update public.booking_attempts as a
    set capture_before = v_before
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and a.payment_intent_id = v_id
      and a.capture_before <> v_before;
    perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    return 'nudged';
  end if;

  v_kept := case p_body ->> 'status'
    when 'succeeded' then (p_body ->> 'amount_received')::bigint
      - coalesce((v_charge ->> 'amount_refunded')::bigint, 0)
    else 0
  end;
  v_ours := case
    -- One attempt pays once: a second intent of its own is nobody's.
    when v_attempt.payment_intent_id is distinct from v_id
      or v_attempt.state = 'FAILED' then 0
    else engine.stripe_amount(v_attempt.captured_amount, v_attempt.currency)
  end;
  if v_ours > 0 and v_attempt.state = 'CANCELLED' then
    -- What the airline keeps stays with us.
    v_ours := v_ours - coalesce(
      engine.stripe_amount(v_attempt.refund_amount, v_attempt.currency), 0
    );
  end if;
  v_problem := case
    when p_body ->> 'currency' is distinct from lower(v_attempt.currency collate "C")
      then 'it is in another currency'
    when p_body ->> 'status' = 'requires_capture' then 'the amount is still held'
    when v_kept > v_ours then 'more was collected than is ours'
    when v_kept < v_ours then 'less was collected than was agreed'
  end;
  if v_problem is null then
    perform engine.close_case(
      'PAYMENT_CONTRADICTION', v_id, 'provider', 'the payment is what it should be',
      p_now
    );
    return 'as expected';
  end if;
  if p_call.claimed_at < v_attempt.state_changed_at then
    perform engine.enqueue_look(
      'look_payment', v_id, jsonb_build_object('payment_intent', v_id), v_attempt, p_now
    );
    return 'read again';
  end if;
  perform engine.open_case(
    'PAYMENT_CONTRADICTION', v_id, v_attempt,
    format('The attempt is %s, but %s.', v_attempt.state, v_problem),
    jsonb_build_object('payment', p_body), p_now
  );
  return 'contradiction';
end;
$$;

ALTER FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: note_refund(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_attempt public.booking_attempts;
begin
  v_attempt := engine.event_attempt(
    p_body ->> 'id',
    jsonb_build_object(
      'payment_intent',
      coalesce(p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent'),
      'attempt_id',
      coalesce(p_call.booking_attempt_id::text, p_body #>> '{metadata,attempt_id}')
    )
  );
  if v_attempt.id is null then
    return 'not ours';
  end if;
  if p_body ->> 'status' in ('failed', 'canceled')
    and v_attempt.refund_id = p_body ->> 'id'
    and v_attempt.refunded_at is not null
  then
    update public.flight_bookings as b
    set attention = 'The refund did not arrive; we are looking into it.'
    where b.user_id = v_attempt.user_id and b.booking_attempt_id = v_attempt.id;
    perform engine.open_case(
      'REFUND_FAILED', p_body ->> 'id', v_attempt,
      format(
        'The refund %s after it was taken for done: %s.', p_body ->> 'status',
        coalesce(p_body ->> 'failure_reason', 'no reason given')
      ),
      jsonb_build_object('refund', p_body), p_now
    );
    return 'refund failed';
  end if;
  perform engine.enqueue_look(
    'look_payment', v_attempt.payment_intent_id,
    jsonb_build_object('payment_intent', v_attempt.payment_intent_id), v_attempt, p_now
  );
  return 'passed on';
end;
$$;

ALTER FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nothing_begins_that_the_flags_do_not_allow(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nothing_begins_that_the_flags_do_not_allow(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text, a.flags::text,
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and (
      a.flags #> '{auto_booking_pipeline_enabled,value}' is distinct from 'true'
      or a.flags #> '{auto_booking_emergency_disable,value}' is distinct from 'false'
    );
end;
$$;

ALTER FUNCTION engine.nothing_begins_that_the_flags_do_not_allow(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nothing_begins_while_booking_is_stopped(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nothing_begins_while_booking_is_stopped(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  with stops as materialized (
    select c.at, c.engaged, lead(c.at, 1, 'infinity') over (order by c.id) as until
    from engine.kill_switch_changes as c
  )
  select
    a.id::text,
    format('begun at %s, stopped at %s', a.started_at, s.at), a.state_changed_at
  from stops as s
  inner join public.booking_attempts as a
    on a.started_at > s.at + interval '30 seconds' and a.started_at < s.until
  where s.engaged and a.state_changed_at >= p_since and s.until >= p_since;
end;
$$;

ALTER FUNCTION engine.nothing_begins_while_booking_is_stopped(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nothing_begins_with_an_expired_offer(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nothing_begins_with_an_expired_offer(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    format('begun at %s, expired at %s', a.started_at, o.expires_at),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_offers as o
    on a.user_id = o.user_id and a.flight_offer_id = o.id
  where a.state_changed_at >= p_since and o.expires_at <= a.started_at;
end;
$$;

ALTER FUNCTION engine.nothing_begins_with_an_expired_offer(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nothing_is_kept_of_an_attempt_that_failed(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nothing_is_kept_of_an_attempt_that_failed(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text,
    format(
      'collected %s, returned %s', engine.format_money(a.captured_amount, a.currency),
      engine.format_money(
        case when a.refunded_at is null then 0 else a.refund_amount end, a.currency
      )
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.captured_amount > case
      when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
    end;
end;
$$;

ALTER FUNCTION engine.nothing_is_kept_of_an_attempt_that_failed(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: nothing_is_ordered_or_charged_without_an_attempt(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nothing_is_ordered_or_charged_without_an_attempt() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    c.id::text,
    c.operation || ' ' || c.state, null::timestamptz
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.booking_attempt_id is null
    and (c.state = 'READY' or c.state in ('CLAIMED', 'SENT'))
    and c.operation <> 'search'
    and not o.observes;
end;
$$;

ALTER FUNCTION engine.nothing_is_ordered_or_charged_without_an_attempt() OWNER TO skylatch_owner;

--
-- Name: nudge_attempt(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
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
-- Name: object_digests(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.object_digests() RETURNS TABLE(object text, digest text)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  with relation as (
    select c.oid, format('%s.%s', n.nspname, c.relname) as name, c.relkind, c.relacl,
      c.reloptions
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'engine', 'auth') and c.relkind in ('r', 'p', 'v')
  )
  select
    format('policy %s on %s', p.polname, r.name),
    md5(concat_ws(
      '|', p.polcmd, p.polpermissive,
      (
        select string_agg(o.rolname, ',' order by o.rolname)
        from pg_roles as o where o.oid = any (p.polroles)
      ),
      pg_get_expr(p.polqual, p.polrelid), '|', pg_get_expr(p.polwithcheck, p.polrelid)
    ))
  from pg_policy as p
  inner join relation as r on r.oid = p.polrelid
  union all
  select
    format('trigger %s on %s', t.tgname, r.name),
    md5(concat_ws('|', t.tgenabled, pg_get_triggerdef(t.oid)))
  from pg_trigger as t
  inner join relation as r on r.oid = t.tgrelid
  where not t.tgisinternal
  union all
  select
    format('view %s', r.name),
    md5(concat_ws('|', r.reloptions::text, pg_get_viewdef(r.oid)))
  from relation as r
  where r.relkind = 'v'
  union all
  select
    format('grants on %s', r.name),
    md5(concat_ws(
      '|', r.relacl::text,
      (
        select string_agg(a.attname || a.attacl::text, '|' order by a.attnum)
        from pg_attribute as a where a.attrelid = r.oid and a.attacl is not null
      )
    ))
  from relation as r;
end;
$$;

ALTER FUNCTION engine.object_digests() OWNER TO skylatch_owner;

--
-- Name: offer_problem(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.offer_problem(p_offer jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if p_offer @@ engine.offer_shape() then
    return null;
  elsif jsonb_typeof(p_offer) is distinct from 'object' then
    return 'the offer is no object: ' || coalesce(left(p_offer::text, 80), 'missing');
  end if;
  return (
    select
      format(
        '%s %s: %s',
        substr(replace(split_part(r.place, ' ', 1), '[*]', '') || '.' || r.field, 3), r.problem,
        coalesce(left((b.bad -> r.field)::text, 80), 'missing')
      )
    from engine.offer_rules() as r
    cross join lateral jsonb_path_query_first(
      p_offer, (r.place || ' ? (!' || r.holds || ')')::jsonpath
    ) as b (bad)
    where b.bad is not null
    order by r.rule_no
    limit 1
  );
end;
$$;

ALTER FUNCTION engine.offer_problem(p_offer jsonb) OWNER TO skylatch_owner;

--
-- Name: offer_rules(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.offer_rules() RETURNS TABLE(rule_no integer, place text, field text, problem text, holds text)
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 WITH pattern AS (
          SELECT '"^[0-9]{1,11}(\\.[0-9]{1,3})?$"'::text AS amount,
             '"^[A-Z]{3}$"'::text AS currency,
             '"^[A-Z0-9]{2,3}$"'::text AS airline,
             '"^P([0-9]{1,3}D)?(T([0-9]{1,4}H)?([0-9]{1,5}M)?([0-9]{1,6}S)?)?$"'::text AS span,
             (('"^20([0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)'::text || '|(0[13578]|1[02])-31)|([02468][048]|[13579][26])-02-29)'::text) || 'T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]'::text) AS clock
         ), rule AS (
          SELECT r_1.rule_no,
             r_1.place,
             r_1.field,
             r_1.optional,
             r_1.type,
             r_1.test,
             r_1.problem
            FROM (pattern x
              CROSS JOIN LATERAL ( VALUES (1,'$'::text,'id'::text,false,'string'::text,'{} like_regex "^off_[0-9A-Za-z_]{1,40}$"'::text,'is no offer''s id'::text), (2,'$'::text,'total_amount'::text,false,'string'::text,('{} like_regex '::text || x.amount),'is no exact amount'::text), (3,'$'::text,'total_currency'::text,false,'string'::text,('{} like_regex '::text || x.currency),'is no currency'::text), (4,'$'::text,'base_amount'::text,true,'string'::text,('{} like_regex '::text || x.amount),'is no exact amount'::text), (5,'$'::text,'base_currency'::text,true,'string'::text,('{} == $.total_currency || {} like_regex '::text || x.currency),'is no currency'::text), (6,'$'::text,'tax_amount'::text,true,'string'::text,('{} like_regex '::text || x.amount),'is no exact amount'::text), (7,'$'::text,'tax_currency'::text,true,'string'::text,('{} == $.total_currency || {} like_regex '::text || x.currency),'is no currency'::text), (8,'$'::text,'expires_at'::text,false,'string'::text,(('{} like_regex '::text || x.clock) || '(\\.[0-9]{1,9})?Z$"'::text),'is no time in UTC'::text), (9,'$'::text,'owner'::text,false,'object'::text,('{}.iata_code.type() == "string" && {}.iata_code like_regex '::text || x.airline),'has no airline code'::text), (10,'$'::text,'total_emissions_kg'::text,true,'string'::text,'{} like_regex "^[0-9]{1,9}(\\.[0-9]{1,9})?$"'::text,'is no weight'::text), (11,'$'::text,'passenger_identity_documents_required'::text,true,'boolean'::text,NULL::text,'is neither true nor false'::text), (12,'$'::text,'supported_passenger_identity_document_types'::text,true,'array'::text,'{}.size() <= 50 && !({}[*].type() != "string") && !exists({}[*] ? (!(@ like_regex "^[a-z_]+$")))'::text,'is no list of document types'::text), (13,'$'::text,'payment_requirements'::text,true,'object'::text,NULL::text,'is no object'::text), (14,'$.payment_requirements'::text,'requires_instant_payment'::text,true,'boolean'::text,NULL::text,'is neither true nor false'::text), (15,'$.payment_requirements'::text,'price_guarantee_expires_at'::text,true,'string'::text,(('{} like_regex '::text || x.clock) || '(\\.[0-9]{1,9})?Z$"'::text),'is no time in UTC'::text), (16,'$.payment_requirements'::text,'payment_required_by'::text,true,'string'::text,(('{} like_regex '::text || x.clock) || '(\\.[0-9]{1,9})?Z$"'::text),'is no time in UTC'::text), (17,'$'::text,'conditions'::text,true,'object'::text,'({}.refund_before_departure.type() == "object" || {}.refund_before_departure.type() == "null" || !exists({}.refund_before_departure)) && ({}.change_before_departure.type() == "object" || {}.change_before_departure.type() == "null" || !exists({}.change_before_departure))'::text,'does not say what may be changed and refunded'::text), (18,'$.conditions.*'::text,'allowed'::text,true,'boolean'::text,NULL::text,'is neither true nor false'::text), (19,'$.conditions.*'::text,'penalty_amount'::text,true,'string'::text,('{} like_regex '::text || x.amount),'is no exact amount'::text), (20,'$.conditions.*'::text,'penalty_currency'::text,true,'string'::text,('{} == $.total_currency || {} like_regex '::text || x.currency),'is no currency'::text), (21,'$'::text,'passengers'::text,false,'array'::text,'{}.size() > 0 && {}.size() <= 50 && !({}[*].type() != "object")'::text,'is no list of passengers'::text), (22,'$.passengers[*]'::text,'id'::text,false,'string'::text,NULL::text,'is no passenger''s id'::text), (23,'$.passengers[*]'::text,'type'::text,true,'string'::text,NULL::text,'is no kind of passenger'::text), (24,'$.passengers[*]'::text,'age'::text,true,'number'::text,'{} >= 0 && {} < 150 && {} == {}.floor()'::text,'is no age in years'::text), (25,'$'::text,'slices'::text,false,'array'::text,'{}.size() > 0 && {}.size() <= 20 && !({}[*].type() != "object")'::text,'is no list of slices'::text), (26,'$.slices[*]'::text,'duration'::text,true,'string'::text,(('{} like_regex '::text || x.span) || ' && {} like_regex "[DHMS]$"'::text),'is no duration'::text), (27,'$.slices[*]'::text,'fare_brand_name'::text,true,'string'::text,NULL::text,'is no name'::text), (28,'$.slices[*]'::text,'segments'::text,false,'array'::text,'{}.size() > 0 && {}.size() <= 20 && !({}[*].type() != "object")'::text,'is no list of segments'::text), (29,'$.slices[*].segments[*]'::text,'departing_at'::text,false,'string'::text,(('{} like_regex '::text || x.clock) || '$"'::text),'is no local time'::text), (30,'$.slices[*].segments[*]'::text,'arriving_at'::text,false,'string'::text,(('{} like_regex '::text || x.clock) || '$"'::text),'is no local time'::text), (31,'$.slices[*].segments[*]'::text,'origin'::text,false,'object'::text,'{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"'::text,'has no airport code'::text), (32,'$.slices[*].segments[*]'::text,'destination'::text,false,'object'::text,'{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"'::text,'has no airport code'::text), (33,'$.slices[*].segments[*]'::text,'marketing_carrier'::text,false,'object'::text,('{}.iata_code.type() == "string" && {}.iata_code like_regex '::text || x.airline),'has no airline code'::text), (34,'$.slices[*].segments[*]'::text,'marketing_carrier_flight_number'::text,false,'string'::text,'{} like_regex "^[0-9A-Z]{1,8}$"'::text,'is no flight number'::text), (35,'$.slices[*].segments[*]'::text,'operating_carrier'::text,true,'object'::text,(('!exists({}.iata_code) || {}.iata_code.type() == "null" || ({}.iata_code.type() == "string" && {}.iata_code like_regex '::text || x.airline) || ')'::text),'has no airline code'::text), (36,'$.slices[*].segments[*]'::text,'stops'::text,true,'array'::text,'{}.size() <= 20 && !({}[*].type() != "object")'::text,'is no list of stops'::text), (37,'$.slices[*].segments[*].stops[*] ? (@ != null)'::text,'airport'::text,false,'object'::text,'{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"'::text,'has no airport code'::text), (38,'$.slices[*].segments[*]'::text,'passengers'::text,false,'array'::text,'{}.size() > 0 && {}.size() <= 50 && !({}[*].type() != "object")'::text,'is no list of passengers'::text), (39,'$.slices[*].segments[*].passengers[*]'::text,'passenger_id'::text,false,'string'::text,NULL::text,'is no passenger''s id'::text), (40,'$.slices[*].segments[*].passengers[*]'::text,'baggages'::text,true,'array'::text,'{}.size() <= 100 && !({}[*].type() != "object")'::text,'is no list of bags'::text), (41,'$.slices[*].segments[*].passengers[*].baggages[*] ? (@ != null)'::text,'quantity'::text,false,'number'::text,'{} >= 0 && {} < 100 && {} == {}.floor()'::text,'is no number of bags'::text), (42,'$.slices[*].segments[*]'::text,'duration'::text,true,'string'::text,(('{} like_regex '::text || x.span) || ' && {} like_regex "[DHMS]$"'::text),'is no duration'::text)) r_1(rule_no, place, field, optional, type, test, problem))
         )
  SELECT r.rule_no,
     r.place,
     r.field,
     r.problem,
     replace((((format('(({}.type() == "%s"'::text, r.type) || COALESCE(((' && ('::text || r.test) || '))'::text), ')'::text)) ||
         CASE
             WHEN r.optional THEN ' || {}.type() == "null" || !exists({})'::text
             ELSE ''::text
         END) || ')'::text), '{}'::text, ('@.'::text || r.field)) AS holds
    FROM rule r;
END;

ALTER FUNCTION engine.offer_rules() OWNER TO skylatch_owner;

--
-- Name: offer_shape(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.offer_shape() RETURNS jsonpath
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
begin
  return (
    select (
      '$.type() == "object" && '
      || string_agg(
        format('!exists(%s ? (!(%s)))', p.place, p.holds), ' && ' order by p.rule_no
      )
    )::jsonpath
    from (
      select
        r.place,
        min(r.rule_no) as rule_no,
        string_agg(r.holds, ' && ' order by r.rule_no) as holds
      from engine.offer_rules() as r
      group by r.place
    ) as p
  );
end;
$_$;

ALTER FUNCTION engine.offer_shape() OWNER TO skylatch_owner;

--
-- Name: offer_terms(public.trip_requests, text, jsonb, date, date, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.offer_terms(p_trip public.trip_requests, p_currency text, p_passengers jsonb, p_first_day date, p_last_day date, p_status text, p_now timestamp with time zone) RETURNS engine.offer_terms
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_terms engine.offer_terms;
begin
  v_terms.status := p_status;
  select c.cap, c.rate, c.rate_as_of, c.problem
  into v_terms.cap, v_terms.rate, v_terms.rate_as_of, v_terms.cap_problem
  from engine.convert_cap(p_trip, p_currency, p_now) as c;
  v_terms.city_airports := engine.city_airports(p_trip.origins || p_trip.destinations);
  v_terms.party_fits := exists (
    select from engine.match_party(
      p_trip.user_id, p_trip.id, p_passengers, p_first_day, p_last_day
    )
  );
  select s.least_lead_time into v_terms.least_lead_time
  from engine.search_settings as s;
  return v_terms;
end;
$$;

ALTER FUNCTION engine.offer_terms(p_trip public.trip_requests, p_currency text, p_passengers jsonb, p_first_day date, p_last_day date, p_status text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: oldest_sidecar(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.oldest_sidecar() RETURNS text
    LANGUAGE sql STABLE
    RETURN '0.1.0'::text;

ALTER FUNCTION engine.oldest_sidecar() OWNER TO skylatch_owner;

--
-- Name: one_live_attempt_or_booking_per_trip(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.one_live_attempt_or_booking_per_trip(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    t.trip_request_id::text,
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
end;
$$;

ALTER FUNCTION engine.one_live_attempt_or_booking_per_trip(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: one_live_order_and_one_capture_per_trip(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.one_live_order_and_one_capture_per_trip(p_since timestamp with time zone) RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    format('%s of trip %s', d.what, t.trip_request_id), format('%s live', d.live),
    t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select 'orders' as what, count(*) as live
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.order_id is not null
      and a.order_cancelled_at is null
    union all
    select 'payments', count(*)
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.captured_amount is not null
      and a.refunded_at is null
      and a.order_cancelled_at is null
  ) as d
  where d.live > 1
  union
  select
    c.object_id, c.evidence ->> 'found',
    null::timestamptz
  from engine.review_cases as c
  where c.kind = 'DOUBLE_BOOKING' and c.resolved_at is null;
end;
$$;

ALTER FUNCTION engine.one_live_order_and_one_capture_per_trip(p_since timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: open_alerts(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.open_alerts() RETURNS TABLE(kind text, subject text, since timestamp with time zone, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  -- From how many offers of a day on, and from which share of them, durations that
  -- differ are no longer single mistakes.
  c_least_gaps constant integer := 20;
  c_least_share constant numeric := 0.05;
  c_most_counted constant integer := 1000;
begin
  return query
  select 'REVIEW_CASE', r.id::text, r.opened_at, r.kind || ' ' || r.object_id
  from engine.review_cases as r
  where r.resolved_at is null and r.kind <> 'INVARIANT'
  union all
  select 'INVARIANT', r.object_id, r.opened_at, r.summary
  from engine.review_cases as r
  where r.resolved_at is null and r.kind = 'INVARIANT'
  union all
  select
    'JOB_SILENT', s.job, coalesce(s.last_at, v_now),
    'nobody does this job, or it fails each time'
  from engine.job_states(v_now) as s
  where s.is_silent
  union all
  -- The sidecars do its work; where pg_cron never had a job it is not missed.
  select
    'CRON_SILENT', s.job, s.last_cron_at,
    'pg_cron does not run this job, or it fails: see cron.job_run_details'
  from engine.job_states(v_now) as s
  where s.is_cron_silent
  union all
  -- Not a fault: whoever looks has to see it all the same.
  select
    'JOB_STOPPED', s.job, s.stopped_at,
    'stopped on purpose; engine.job_overview() says by whom and why'
  from engine.job_states(v_now) as s
  where s.stopped_at is not null
  union all
  -- Nothing is booked until both lists were compared, and they were not.
  select
    'HISTORY_UNCONFIRMED', 'history', h.noticed_at,
    'a restore or a failover was noticed, and the providers'' lists were not compared'
  from engine.history as h
  where engine.history_settles_at() < v_now - interval '10 minutes'
  union all
  -- Not a fault either: nothing new is booked while it is engaged.
  select
    'KILL_SWITCH', 'booking', k.set_at,
    'nothing new is booked; engine.kill_switch_history() says by whom and why'
  from engine.kill_switch as k
  where k.engaged
  union all
  select
    'FLAGS_STALE', 'flags', s.heartbeat_at,
    'the flags'' source was not read for too long: nothing new is booked'
  from engine.flag_sync as s
  where s.initialized and not engine.is_recent(s.heartbeat_at, s.stale_after, v_now)
  union all
  -- Booking goes on with what was read last, until that is stale.
  select
    'FLAG_SOURCE_GONE', coalesce(s.source, 'flags'), s.source_failed_at,
    s.source_problem
  from engine.flag_sync as s
  where s.source_failed_at is not null
  union all
  -- What is found at once is no news.
  select
    'ORDER_UNKNOWN', a.id::text, a.state_changed_at,
    'it is not known whether an order exists; it is looked for'
  from public.booking_attempts as a
  where a.state = 'ORDER_UNKNOWN' and a.state_changed_at < v_now - interval '10 minutes'
  union all
  -- Bookings that the airline may have cancelled, and nobody looks. After a night all
  -- of them are overdue: who looks every few seconds does not count them all.
  select
    'BOOKINGS_UNREAD', 'look_order', min(u.next_look_at),
    format(
      '%s%s bookings were to be read again',
      count(*), case when count(*) = c_most_counted then ' or more' end
    )
  from (
    select b.next_look_at
    from public.flight_bookings as b
    where b.status = 'CONFIRMED' and b.next_look_at < v_now - interval '6 hours'
    order by b.next_look_at
    limit c_most_counted
  ) as u
  having count(*) > 0
  union all
  -- Before the rate that is used meanwhile has grown too old.
  select
    'RATES_WAITING', 'exchange_rates', min(c.at),
    format('%s exchange rates wait for a second person', count(*))
  from engine.waiting_exchange_rates() as w
  inner join engine.exchange_rate_changes as c on w.change_id = c.id
  having count(*) > 0
  union all
  -- A pause that is over proves nothing, and alerts that come and go with each pause
  -- tell nobody anything: until a call succeeds, or nobody asks any more.
  select
    'BREAKER_OPEN', b.operation, b.changed_at,
    format('%s failures in a row, the last %s', b.failures, b.last_error)
  from engine.breakers as b
  where b.open_until > v_now - interval '10 minutes'
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
  group by c.operation
  union all
  -- One offer's durations may be its airline's mistake. Many say that a zone, or the
  -- rules of the server's time zones, are out of date.
  select
    'DURATIONS_DIFFER', 'flight_offers', min(h.searched_at) filter (
      where h.duration_gaps > 0
    ),
    format(
      '%s of %s offers of a day state another duration than their times give, most '
      'between %s', sum(h.duration_gaps), sum(h.offers),
      mode() within group (order by h.origin || ' and ' || h.destination) filter (
        where h.duration_gaps > 0
      )
    )
  from public.fare_history as h
  where h.searched_at > v_now - interval '1 day'
  having sum(h.duration_gaps) >= c_least_gaps
    and sum(h.duration_gaps) >= c_least_share * sum(h.offers);
end;
$$;

ALTER FUNCTION engine.open_alerts() OWNER TO skylatch_owner;

--
-- Name: open_case(text, text, public.booking_attempts, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_id bigint;
  v_is_new boolean;
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
  returning r.id, r.opened_at = p_now into v_id, v_is_new;
  if v_is_new then
    perform engine.gather_evidence(v_id, p_now);
  end if;
  perform engine.ring('skylatch_alerts');
  return v_id;
end;
$$;

ALTER FUNCTION engine.open_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: open_trip_case(text, text, uuid, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.open_trip_case(p_kind text, p_object_id text, p_trip_id uuid, p_summary text, p_evidence jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_case_id bigint := engine.open_case(
    p_kind, p_object_id, null::public.booking_attempts, p_summary, p_evidence, p_now
  );
begin
  update engine.review_cases as c
  set user_id = t.user_id, trip_request_id = t.id
  from public.trip_requests as t
  where c.id = v_case_id and t.id = p_trip_id and c.trip_request_id is null;
end;
$$;

ALTER FUNCTION engine.open_trip_case(p_kind text, p_object_id text, p_trip_id uuid, p_summary text, p_evidence jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: order_itinerary(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.order_itinerary(p_order jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $_$
declare
  v_itinerary jsonb;
  v_fits boolean;
begin
  if jsonb_typeof(p_order -> 'slices') is distinct from 'array' then
    return null;
  end if;
  select
    jsonb_agg(jsonb_build_object('segments', s.segments) order by l.ordinality),
    bool_and(coalesce(s.fits, false))
  into v_itinerary, v_fits
  from jsonb_array_elements(p_order -> 'slices') with ordinality as l
  left join lateral (
    select
      jsonb_agg(
        jsonb_build_object(
          'origin', g.value -> 'origin',
          'destination', g.value -> 'destination',
          'departing_at', g.value -> 'departing_at',
          'arriving_at', g.value -> 'arriving_at',
          'carrier', g.value -> 'carrier',
          'flight_number', g.value -> 'number'
        )
        order by g.ordinality
      ) as segments,
      -- Local times, without an offset; the cast refuses the 30th of February.
      bool_and(
        g.value ->> 'origin' ~ '^[A-Z0-9]{3}$'
        and g.value ->> 'destination' ~ '^[A-Z0-9]{3}$'
        and t.departing_at
          ~ '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$'
        and t.arriving_at
          ~ '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$'
        and case
          when t.departing_at ~ '^[0-9]{4}-' and t.arriving_at ~ '^[0-9]{4}-'
            then t.departing_at::timestamp is not null
            and t.arriving_at::timestamp is not null
        end
      ) as fits
    from jsonb_array_elements(
      case jsonb_typeof(l.value -> 'segments')
        when 'array' then l.value -> 'segments' else '[]'
      end
    ) with ordinality as g
    cross join lateral (
      select
        g.value ->> 'departing_at' as departing_at,
        g.value ->> 'arriving_at' as arriving_at
    ) as t
  ) as s on true;
  return case when v_fits then v_itinerary end;
exception when data_exception then
  return null;
end;
$_$;

ALTER FUNCTION engine.order_itinerary(p_order jsonb) OWNER TO skylatch_owner;

--
-- Name: order_party(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) RETURNS TABLE(traveler_profile_id uuid, passenger_id text, infant_passenger_id text)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
declare
  v_offer public.flight_offers;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_user_id and o.id = p_flight_offer_id;
  return query
  select m.traveler_profile_id, m.passenger_id, m.infant_passenger_id
  from engine.match_party(
    p_user_id, v_offer.trip_request_id, v_offer.passengers,
    coalesce(
      v_offer.asked_on[1],
      v_offer.departs_local[1]::date,
      (v_offer.departs_at at time zone 'UTC')::date
    ),
    coalesce(
      v_offer.asked_on[cardinality(v_offer.asked_on)],
      v_offer.departs_local[cardinality(v_offer.departs_local)]::date,
      (v_offer.departs_at at time zone 'UTC')::date
    )
  ) as m;
  if not found then
    raise exception using
      errcode = 'SK111',
      message = 'the offer''s places are not those of the travellers',
      detail = jsonb_build_object('offer', v_offer.offer_id),
      hint = 'Search again: the party or the offer is another one by now.';
  end if;
end;
$$;

ALTER FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) OWNER TO skylatch_owner;

--
-- Name: order_problem(public.booking_attempts, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.order_problem(p_attempt public.booking_attempts, p_order jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return case
    when engine.journey_ends(engine.order_itinerary(p_order)) <> (
      select engine.journey_ends(o.itinerary)
      from public.flight_offers as o
      where o.user_id = p_attempt.user_id and o.id = p_attempt.flight_offer_id
    ) then 'other_journey'
    when nullif(p_order -> 'people', 'null') <> (
        select to_jsonb(count(*))
        from engine.booking_attempt_passengers as p
        where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
      ) then 'other_party'
  end;
end;
$$;

ALTER FUNCTION engine.order_problem(p_attempt public.booking_attempts, p_order jsonb) OWNER TO skylatch_owner;

--
-- Name: our_mark(public.booking_attempts); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.our_mark(p_attempt public.booking_attempts) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_id uuid := engine.installation_id();
begin
  return jsonb_strip_nulls(
    jsonb_build_object(
      'attempt_id', p_attempt.id,
      'trip_request_id', p_attempt.trip_request_id,
      'trace_id', engine.trace_hex(p_attempt.trace_id),
      'installation_id', (
        select v_id
        from engine.installation as i
        where i.made_at <= p_attempt.started_at
      )
    )
  );
end;
$$;

ALTER FUNCTION engine.our_mark(p_attempt public.booking_attempts) OWNER TO skylatch_owner;

--
-- Name: outcome_code(engine.provider_calls, engine.call_report, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report engine.call_report, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_status integer := p_report.http_status;
  v_body jsonb := p_report.body;
  v_attempt public.booking_attempts;
  v_trip public.trip_requests;
  v_offer public.flight_offers;
  v_code text;
  v_provider text;
  v_observes boolean;
begin
  if v_status is null then
    return coalesce(p_report.error_code, 'no_answer');
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
    return engine.provider_word(v_code, 'no_code');
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
      select o.* into v_offer
      from public.flight_offers as o
      where o.user_id = v_attempt.user_id and o.id = v_attempt.flight_offer_id;
      -- What was read is stored by now (store_live_offer), if it could be.
      v_code := engine.selected_offer_problem(v_trip, v_offer.id, p_now);
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.offer_id
          or engine.offer_problem(v_body -> 'data') is not null then 'unreadable'
        when not engine.same_passengers(
          v_offer.passengers, v_body #> '{data,passengers}'
        ) then 'other_passengers'
        when v_offer.read_live_at is distinct from p_now then 'unreadable'
        when v_offer.price_currency <> v_attempt.currency then 'currency_changed'
        when v_offer.price_amount > v_attempt.cap_amount
          or v_code in ('no_exchange_rate', 'exchange_rate_too_old')
          then 'price_above_cap'
        when v_code is not null then v_code
        -- The same ids, but a place is another traveller's now.
        when engine.places_moved(v_attempt) then 'other_passengers'
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
        else coalesce(engine.order_problem(v_attempt, v_body -> 'data'), 'ok')
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
        -- An answer that is not about what was asked for says nothing.
        return case
          when case
            when p_call.operation in ('look_order', 'scan_orders')
              then jsonb_typeof(v_body -> 'orders') = 'array'
            when p_call.operation = 'scan_payments'
              then jsonb_typeof(v_body -> 'payment_intents') = 'array'
            when starts_with(p_call.operation, 'sweep_')
              then jsonb_typeof(v_body -> 'events') = 'array'
            else v_body ->> 'id' = p_call.object_id
          end then 'ok'
          else 'unreadable'
        end;
      end if;
      return case
        when v_body ->> 'currency' is distinct from lower(v_attempt.currency collate "C")
          or (v_body ->> 'amount')::bigint is distinct from
          engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency)
          then 'amount_mismatch'
        when v_body ->> 'status' = 'succeeded'
          and (v_body ->> 'amount_received')::bigint
          is distinct from (v_body ->> 'amount')::bigint then 'amount_mismatch'
        else engine.provider_word(v_body ->> 'status', 'unreadable')
      end;
  end case;
end;
$$;

ALTER FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report engine.call_report, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: overlap_problem(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.overlap_problem(p_user_id uuid, p_attempt_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_other text;
begin
  select coalesce(o.booking_reference, 'a booking in flight') into v_other
  from engine.overlapping_attempts(p_user_id, p_attempt_id) as o
  order by o.booking_reference
  limit 1;
  return 'A passenger is on another flight of yours at that time: ' || v_other || '.';
end;
$$;

ALTER FUNCTION engine.overlap_problem(p_user_id uuid, p_attempt_id uuid) OWNER TO skylatch_owner;

--
-- Name: overlapping_attempts(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.overlapping_attempts(p_user_id uuid, p_attempt_id uuid) RETURNS TABLE(attempt_id uuid, booking_reference text)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select a.id, b.booking_reference
  from public.booking_attempts as a
  left join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  inner join public.flight_offers as o
    on a.user_id = o.user_id and a.flight_offer_id = o.id
  inner join public.booking_attempts as m
    on m.user_id = p_user_id and m.id = p_attempt_id
  inner join public.flight_offers as n
    on m.user_id = n.user_id and m.flight_offer_id = n.id
  where a.user_id = p_user_id
    and a.id in (
      select q.booking_attempt_id
      from engine.booking_attempt_passengers as p
      inner join engine.booking_attempt_passengers as q
        on p.user_id = q.user_id and p.person = q.person
      where p.user_id = p_user_id
        and p.booking_attempt_id = p_attempt_id
        and q.booking_attempt_id <> p_attempt_id
    )
    and (a.status = 'PENDING' or b.status = 'CONFIRMED')
    and exists (
      select from engine.flight_times(coalesce(m.itinerary, n.itinerary)) as mine (during)
      inner join engine.flight_times(coalesce(a.itinerary, o.itinerary)) as other (during)
        on mine.during && other.during
    );
end;
$$;

ALTER FUNCTION engine.overlapping_attempts(p_user_id uuid, p_attempt_id uuid) OWNER TO skylatch_owner;

--
-- Name: override_airport(text, text, text, text, text, text, double precision, double precision); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.override_airport(p_reason text, p_iata text, p_time_zone text DEFAULT NULL::text, p_name text DEFAULT NULL::text, p_city text DEFAULT NULL::text, p_country text DEFAULT NULL::text, p_latitude double precision DEFAULT NULL::double precision, p_longitude double precision DEFAULT NULL::double precision) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_field text;
  v_value text;
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'iata', p_iata, p_iata ~ '^[A-Z]{3}$'),
    (2, 'time_zone', p_time_zone, p_time_zone is null or exists (
      select from pg_timezone_names as z where z.name = p_time_zone
    )),
    (3, 'name', p_name, length(p_name) <= 200 or p_name is null),
    (4, 'city', p_city, length(p_city) <= 200 or p_city is null),
    (5, 'country', p_country, p_country ~ '^[A-Z]{2}$' or p_country is null),
    (6, 'latitude', p_latitude::text,
      p_latitude between -90 and 90 or p_latitude is null),
    (7, 'longitude', p_longitude::text,
      p_longitude between -180 and 180 or p_longitude is null),
    (8, 'iata', p_iata, exists (
      select from engine.airports as a where a.iata = p_iata
    ) or (
      p_time_zone, p_name, p_city, p_country, p_latitude, p_longitude
    ) is not null)
  ) as w (place, field, value, fits)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK019',
      message = 'this is not a correction of an airport or city',
      detail = jsonb_build_object(
        'field', v_field, 'value', left(v_value, 40), 'iata', left(p_iata, 3)
      ),
      column = v_field,
      hint = 'Give a reason, the IATA code and what is right instead; an airport that is '
        'not known yet needs everything, and a time zone its name in the tz database.';
  end if;
  insert into engine.airport_overrides (
    at, set_by, reason, iata, time_zone, name, city, country, latitude, longitude
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_iata, p_time_zone, p_name, p_city,
    p_country, p_latitude, p_longitude
  );
  perform engine.apply_airport_overrides();
end;
$_$;

ALTER FUNCTION engine.override_airport(p_reason text, p_iata text, p_time_zone text, p_name text, p_city text, p_country text, p_latitude double precision, p_longitude double precision) OWNER TO skylatch_owner;

--
-- Name: override_city(text, text, text[], text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.override_city(p_reason text, p_iata text, p_airports text[], p_name text DEFAULT NULL::text, p_time_zone text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_field text;
  v_value text;
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  perform engine.require_size('p_airports', p_airports, 50, 3);
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'iata', p_iata, p_iata ~ '^[A-Z]{3}$'),
    (2, 'airports', p_airports::text, cardinality(p_airports) between 1 and 50 and p_airports <@ array(
      select a.iata from engine.airports as a where a.iata = any (p_airports)
    )),
    (3, 'name', p_name, length(p_name) <= 200 or p_name is null),
    (4, 'time_zone', p_time_zone, p_time_zone is null or exists (
      select from pg_timezone_names as z where z.name = p_time_zone
    )),
    (5, 'iata', p_iata, exists (
      select from engine.metropolitan_areas as m where m.iata = p_iata
    ) or (p_name, p_time_zone) is not null)
  ) as w (place, field, value, fits)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK019',
      message = 'this is not a correction of an airport or city',
      detail = jsonb_build_object(
        'field', v_field, 'value', left(v_value, 40), 'iata', left(p_iata, 3)
      ),
      column = v_field,
      hint = 'Give a reason, the city''s IATA code and all of its airports; a city that '
        'is not known yet needs a name and a time zone.';
  end if;
  insert into engine.airport_overrides (
    at, set_by, reason, iata, airports, name, time_zone
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_iata, p_airports, p_name, p_time_zone
  );
  perform engine.apply_airport_overrides();
end;
$_$;

ALTER FUNCTION engine.override_city(p_reason text, p_iata text, p_airports text[], p_name text, p_time_zone text) OWNER TO skylatch_owner;

--
-- Name: party_change(public.booking_attempts); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.party_change(p_attempt public.booking_attempts) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return exists (
    select from (
      select * from engine.booking_attempt_passengers as p
      where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
    ) as p
    full join (
      select f.*
      from public.trip_passengers as t
      inner join public.traveler_profiles as f
        on t.user_id = f.user_id and t.traveler_profile_id = f.id
      where t.user_id = p_attempt.user_id
        and t.trip_request_id = p_attempt.trip_request_id
    ) as f on p.traveler_profile_id = f.id
    where (
      p.given_name, p.family_name, p.title, p.gender, p.born_on, p.email,
      p.phone_number
    ) is distinct from (
      f.given_name, f.family_name, f.title, f.gender, f.born_on, f.email,
      f.phone_number
    )
  );
end;
$$;

ALTER FUNCTION engine.party_change(p_attempt public.booking_attempts) OWNER TO skylatch_owner;

--
-- Name: party_problem(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select
      case
        when count(*) not between 1 and 9 then 'passengers'
        when bool_or(f.born_on is null or f.born_on > t.departure_from) then 'born_on'
        when bool_or(f.title is null) then 'title'
        when bool_or(f.gender is null) then 'gender'
        when bool_or(f.email is null) then 'email'
        when bool_or(f.phone_number is null) then 'phone_number'
        when count(*) filter (where b.age >= 18)
          < greatest(count(*) filter (where p.age < 2), 1) then 'passengers'
        -- One person under two profiles: an airline cancels the second seat.
        when count(*) > count(
          distinct engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
        ) then 'passengers'
      end
    from public.trip_requests as t
    cross join lateral engine.trip_party(
      t.user_id,
      t.id,
      coalesce(t.return_to, t.departure_to + t.nights_max, t.departure_to)
    ) as p
    inner join lateral engine.trip_party(t.user_id, t.id, t.departure_to) as b
      on p.traveler_profile_id = b.traveler_profile_id
    inner join public.traveler_profiles as f
      on t.user_id = f.user_id and p.traveler_profile_id = f.id
    where t.user_id = p_user_id and t.id = p_trip_id
  );
end;
$$;

ALTER FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: person_key(uuid, text, text, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.person_key(p_user_id uuid, p_given_name text, p_family_name text, p_born_on date) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
  v_name text := normalize(p_given_name || '/' || p_family_name, NFKD) collate "C";
begin
  -- What does not decompose; then capitals, of ASCII alone; then marks and separators.
  v_name := translate(v_name, 'ØøÐðĐđĦħıŁłŦŧŊŋĸ', 'OoDdDdHhiLlTtNnk');
  v_name := replace(replace(replace(v_name, 'ß', 'ss'), 'ẞ', 'SS'), 'Þ', 'TH');
  v_name := replace(replace(replace(v_name, 'þ', 'th'), 'Æ', 'AE'), 'æ', 'ae');
  v_name := lower(replace(replace(v_name, 'Œ', 'OE'), 'œ', 'oe') collate "C");
  v_name := regexp_replace(
    v_name,
    E'[\u0300-\u036f \u00a0''`.\u02bc\u2018\u2019\u00b7\u2010-\u2015-]+', '', 'g'
  );
  return encode(
    sha256(
      convert_to(
        p_user_id || '/' || v_name || '/' || case
          when isfinite(p_born_on) then p_born_on - date '1900-01-01'
        end,
        'UTF8'
      )
    ),
    'hex'
  );
end;
$$;

ALTER FUNCTION engine.person_key(p_user_id uuid, p_given_name text, p_family_name text, p_born_on date) OWNER TO skylatch_owner;

--
-- Name: pin_flags(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.pin_flags(p_user_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_context text := engine.flag_context(p_user_id);
begin
  return (
    select
      jsonb_object_agg(
        f.flag, engine.evaluate_flag(f.flag, v_context) - array['detail', 'doubt']
      )
    from engine.flag_register as f
  );
end;
$$;

ALTER FUNCTION engine.pin_flags(p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: pipeline_status(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.pipeline_status() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  v_problem text;
  v_flags jsonb;
  v_is_standby boolean := pg_is_in_recovery();
begin
  begin
    v_problem := engine.flag_problem(v_nobody, v_now);
    v_flags := (
      select
        jsonb_agg(
          jsonb_build_object(
            'flag', f.flag,
            'owner', f.owner,
            'value', f.value,
            'reason', f.reason,
            'stops_booking', f.stops_booking
          )
        )
      from engine.served_flags() as f
      where f.is_registered
    );
  exception when others then
    v_problem := 'the flags cannot be evaluated: ' || sqlerrm;
  end;
  return jsonb_build_object(
    'at', v_now,
    'version', engine.version(),
    'is_standby', v_is_standby,
    'problem', v_problem,
    'history', engine.history_problem(),
    'flags', coalesce(v_flags, '[]'),
    'kill_switch', (
      select
        jsonb_build_object(
          'engaged', k.engaged,
          'reason', k.reason,
          'since', k.set_at
        )
      from engine.kill_switch as k
    ),
    'mirror', (
      select
        jsonb_build_object(
          'initialized', s.initialized,
          'source', s.source,
          'generation', s.generation,
          'age_seconds', extract(epoch from v_now - s.heartbeat_at)::integer,
          'stale_after_seconds', extract(epoch from s.stale_after)::integer,
          'failed_at', s.source_failed_at,
          'problem', s.source_problem
        )
      from engine.flag_sync as s
    ),
    'breakers', (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object(
              'operation', b.operation,
              'open_until', b.open_until,
              'failures', b.failures,
              'last_error', b.last_error
            )
            order by b.operation
          ), '[]'
        )
      from engine.breakers as b where b.open_until > v_now
    ),
    'jobs', (
      select
        jsonb_agg(
          jsonb_build_object(
            'job', s.job,
            'by', s.scheduled_by,
            'last_at', s.last_at,
            'is_silent', s.is_silent,
            'is_cron_silent', s.is_cron_silent,
            'stopped_at', s.stopped_at,
            'stop_reason', s.stop_reason
          )
          order by s.job
        )
      from engine.job_states(v_now) as s
    ),
    'alerts', (
      select
        coalesce(jsonb_agg(to_jsonb(a) order by a.since, a.kind, a.subject), '[]')
      from (select w.* from engine.watch_alerts() as w) as a
    ),
    'frozen', (
      select
        coalesce(
          jsonb_object_agg(
            a.state, jsonb_build_object('count', a.number, 'oldest', a.oldest)
          ), '{}'
        )
      from (
        select a.state, count(*) as number, min(a.state_changed_at) as oldest
        from public.booking_attempts as a
        where a.state in ('ORDER_UNKNOWN', 'NEEDS_REVIEW')
        group by a.state
      ) as a
    ),
    'workers', (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object(
              'worker', w.worker,
              'version', w.version,
              'seen_at', w.seen_at,
              'is_alive', engine.is_beating(w.seen_at, v_now)
            )
            order by w.seen_at desc
          ), '[]'
        )
      from engine.workers as w
      where engine.is_beating(w.seen_at, v_now)
        or w.worker in (select s.worker from engine.silent_workers(v_now) as s)
    ),
    'tick', (
      select
        jsonb_build_object(
          'succeeded_at', b.last_succeeded_at,
          'seconds_ago', extract(epoch from v_now - b.last_succeeded_at)::integer
        )
      from engine.job_beats as b where b.job = 'auto_book_monitor'
    ),
    'queue', (
      select
        jsonb_build_object(
          'due', count(*),
          'oldest_seconds', coalesce(
            extract(epoch from v_now - min(d.run_at))::integer, 0
          )
        )
      from (
        -- Two halves, each with its index.
        (
          select c.run_at from engine.provider_calls as c
          where c.state = 'READY' and c.booking_attempt_id is not null
            and c.run_at <= v_now
          order by c.run_at limit 10000
        )
        union all
        (
          select c.run_at from engine.provider_calls as c
          where c.state = 'READY' and c.booking_attempt_id is null
            and c.run_at <= v_now
          order by c.run_at limit 10000
        )
      ) as d
    )
  );
end;
$$;

ALTER FUNCTION engine.pipeline_status() OWNER TO skylatch_owner;

--
-- Name: place_zone(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.place_zone(p_code text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
begin
  return coalesce(
    (select a.time_zone from engine.airports as a where a.iata = p_code),
    (select m.time_zone from engine.metropolitan_areas as m where m.iata = p_code),
    'UTC'
  );
end;
$$;

ALTER FUNCTION engine.place_zone(p_code text) OWNER TO skylatch_owner;

--
-- Name: places_moved(public.booking_attempts); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.places_moved(p_attempt public.booking_attempts) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return exists (
    select from (
      select p.traveler_profile_id, p.passenger_id, p.infant_passenger_id
      from engine.booking_attempt_passengers as p
      where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
    ) as p
    full join engine.order_party(p_attempt.user_id, p_attempt.flight_offer_id) as o
      on p.traveler_profile_id = o.traveler_profile_id
      and p.passenger_id = o.passenger_id
      and p.infant_passenger_id is not distinct from o.infant_passenger_id
    where p.passenger_id is null or o.passenger_id is null
  );
end;
$$;

ALTER FUNCTION engine.places_moved(p_attempt public.booking_attempts) OWNER TO skylatch_owner;

--
-- Name: plain_name(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plain_name(p_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(translate(NORMALIZE(p_name, NFC), '‘’ʼ‐‑‒–−'::text, '''''''-----'::text), '[  ]+'::text, ' '::text, 'g'::text));

ALTER FUNCTION engine.plain_name(p_name text) OWNER TO skylatch_owner;

--
-- Name: plan_changed_party(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_changed_party() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_trips uuid[] := array(select distinct c.trip_request_id from changed as c);
begin
  if v_trips <> '{}' then
    perform engine.plan_trips(v_trips, v_now);
    perform engine.schedule_trips(v_trips, v_now);
  end if;
  return null;
end;
$$;

ALTER FUNCTION engine.plan_changed_party() OWNER TO skylatch_owner;

--
-- Name: plan_changed_profile(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_changed_profile() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_trips uuid[];
begin
  v_trips := array(
    select t.id
    from public.trip_passengers as p
    inner join public.trip_requests as t
      on t.user_id = p.user_id and t.id = p.trip_request_id
    where p.user_id = new.user_id
      and p.traveler_profile_id = new.id
      and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED')
    order by t.id
    for no key update of t
  );
  if v_trips <> '{}' then
    perform engine.plan_trips(v_trips, v_now);
    perform engine.schedule_trips(v_trips, v_now);
  end if;
  return null;
end;
$$;

ALTER FUNCTION engine.plan_changed_profile() OWNER TO skylatch_owner;

--
-- Name: plan_changed_trip(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_changed_trip() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform engine.plan_trips(array[new.id], v_now);
  update engine.trip_searches as s
  set next_look_at = v_now
  where s.user_id = new.user_id and s.trip_request_id = new.id;
  return null;
end;
$$;

ALTER FUNCTION engine.plan_changed_trip() OWNER TO skylatch_owner;

--
-- Name: plan_searches(public.trip_requests, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_searches(p_trip public.trip_requests, p_now timestamp with time zone) RETURNS TABLE(ordinal integer, origin text, destination text, departure_date date, return_date date, over_at timestamp with time zone)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
#variable_conflict use_column
begin
  return query
  select
    row_number() over (
      order by d.departs::date, r.returns::date nulls first, o.code, t.code
    )::integer,
    o.code,
    t.code,
    d.departs::date,
    r.returns::date,
    (d.departs + interval '1 day') at time zone z.zone
  from unnest(p_trip.origins) as o (code)
  cross join lateral (select engine.place_zone(o.code) as zone) as z
  cross join unnest(p_trip.destinations) as t (code)
  cross join generate_series(
    greatest(
      p_trip.departure_from,
      (p_now at time zone z.zone)::date,
      (
        -- Never past the window: that nobody may fly at all is said elsewhere.
        select min(least((f.born_on + interval '18 years')::date, p_trip.departure_to))
        from public.trip_passengers as p
        inner join public.traveler_profiles as f
          on p.user_id = f.user_id and p.traveler_profile_id = f.id
        where p.user_id = p_trip.user_id
          and p.trip_request_id = p_trip.id
          and f.born_on is not null
      )
    )::timestamp,
    p_trip.departure_to::timestamp,
    interval '1 day'
  ) as d (departs)
  cross join lateral (
    select null::timestamp
    where p_trip.return_from is null and p_trip.nights_min is null
    union all
    select g.returns
    from generate_series(
      greatest(
        d.departs + make_interval(days => coalesce(p_trip.nights_min, 0)),
        coalesce(p_trip.return_from::timestamp, d.departs)
      ),
      least(
        d.departs + make_interval(days => coalesce(p_trip.nights_max, 365)),
        coalesce(p_trip.return_to::timestamp, 'infinity')
      ),
      interval '1 day'
    ) as g (returns)
    where p_trip.return_from is not null or p_trip.nights_min is not null
  ) as r (returns);
end;
$$;

ALTER FUNCTION engine.plan_searches(p_trip public.trip_requests, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: plan_trips(uuid[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plan_trips(p_trips uuid[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  v_known engine.trip_searches[];
  v_changed uuid[];
begin
  with gone as (
    delete from engine.trip_searches as s
    using public.trip_requests as t
    where t.id = any (p_trips) and s.user_id = t.user_id and s.trip_request_id = t.id
    returning s.*
  )
  select coalesce(array_agg(g::engine.trip_searches), '{}') into v_known from gone as g;

  insert into engine.trip_searches (
    user_id, trip_request_id, ordinal, origin, destination, departure_date,
    return_date, search_key, searches, last_looked_at, last_searched_at, offers,
    cheapest, currency, volatility, next_look_at, over_at
  )
  select
    t.user_id,
    t.id,
    p.ordinal,
    p.origin,
    p.destination,
    p.departure_date,
    p.return_date,
    q.search_key,
    coalesce(k.searches, 0),
    k.last_looked_at,
    k.last_searched_at,
    k.offers,
    k.cheapest,
    k.currency,
    coalesce(k.volatility, 0),
    coalesce(k.next_look_at, p_now),
    p.over_at
  from public.trip_requests as t
  cross join lateral engine.plan_searches(t, p_now) as p
  cross join lateral (
    select engine.search_key(
      engine.search_request(t, p.origin, p.destination, p.departure_date, p.return_date)
    ) as search_key
  ) as q
  left join unnest(v_known) as k
    on k.trip_request_id = t.id and k.search_key = q.search_key
  where t.id = any (p_trips)
    and exists (
      select from public.trip_passengers as n
      where n.user_id = t.user_id and n.trip_request_id = t.id
    );

  -- Changed: a search is new beside others, or one whose date is not over is gone.
  select array_agg(c.trip_request_id) into v_changed
  from (
    select coalesce(k.trip_request_id, s.trip_request_id) as trip_request_id
    from (
      select * from unnest(v_known) where over_at > p_now
    ) as k
    full join (
      select * from engine.trip_searches
      where user_id in (select user_id from unnest(v_known))
        and trip_request_id in (select trip_request_id from unnest(v_known))
    ) as s
      on s.trip_request_id = k.trip_request_id and s.search_key = k.search_key
    where k.trip_request_id is null or s.trip_request_id is null
    group by 1
  ) as c;
  if v_changed is null then
    return;
  end if;
  update public.trip_requests as t
  set search_round = t.search_round + 1
  where t.id = any (v_changed);
  update engine.provider_calls as c
  set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
  from public.trip_requests as t
  where t.id = any (v_changed)
    and c.user_id = t.user_id
    and c.trip_request_id = t.id
    and c.operation = 'search'
    and c.state = 'READY';
end;
$$;

ALTER FUNCTION engine.plan_trips(p_trips uuid[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: plpython_handshake(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.plpython_handshake() RETURNS jsonb
    LANGUAGE plpython3u STABLE
    AS $$
  import json, sys
  if "/usr/lib/skylatch/py/3" not in sys.path:
      sys.path.insert(0, "/usr/lib/skylatch/py/3")
  from skylatch_plpython.handshake import describe
  return json.dumps(describe())
$$;

ALTER FUNCTION engine.plpython_handshake() OWNER TO skylatch_owner;

--
-- Name: probe_write(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.probe_write() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into engine.write_probe (at, filler)
  values (clock_timestamp(), repeat('-', 7000))
  on conflict (at) do nothing;
  delete from engine.write_probe as p;
end;
$$;

ALTER FUNCTION engine.probe_write() OWNER TO skylatch_owner;

--
-- Name: provider_word(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.provider_word(p_text text, p_otherwise text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((p_text COLLATE "C") ~ '^[A-Za-z0-9_.:/=+-]{1,128}$'::text) THEN p_text ELSE p_otherwise END;

ALTER FUNCTION engine.provider_word(p_text text, p_otherwise text) OWNER TO skylatch_owner;

--
-- Name: publish_consent_text(text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.publish_consent_text(p_version text, p_body text, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_sha256 text;
begin
  v_field := case
    when (length(p_version) <= 40 and p_version ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$')
      is not true then 'version'
    when (length(p_body) <= 20000 and length(trim(p_body)) >= 20) is not true then 'body'
    when exists (
      select from engine.consent_texts as c where c.version = p_version
    ) then 'version'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field when 'version' then p_version else p_body end,
      'Give a version of at most 40 letters, digits, dots and hyphens that no text '
      'has had, and a text of 20 to 20,000 characters.'
    );
  end if;
  v_sha256 := encode(sha256(convert_to(p_body, 'UTF8')), 'hex');
  insert into engine.consent_texts (
    version, body, sha256, published_at, published_by, reason
  )
  values (
    p_version, p_body, v_sha256, clock_timestamp(), engine.caller(), v_reason
  );
  return v_sha256;
end;
$_$;

ALTER FUNCTION engine.publish_consent_text(p_version text, p_body text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: purge(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_batch constant integer := 50000;
  v_removed integer[];
begin
  v_removed := array[
    engine.purge_offers(v_batch, v_now),
    engine.purge_searches(v_batch, v_now),
    engine.purge_events(v_batch, v_now),
    engine.purge_spans(v_batch, v_now)
  ];
  -- A full batch leaves more behind it: the day's work is not done yet.
  perform engine.beat_job('purge', v_batch > all (v_removed));
  return (select sum(n) from unnest(v_removed) as r (n));
end;
$$;

ALTER FUNCTION engine.purge() OWNER TO skylatch_owner;

--
-- Name: purge_cron_log(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge_cron_log() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from cron.job_run_details as d
  where d.status in ('succeeded', 'failed')
    and coalesce(d.end_time, d.start_time, '-infinity')
    < clock_timestamp() - interval '7 days';
  perform engine.beat_job('purge_cron_log', true);
end;
$$;

ALTER FUNCTION engine.purge_cron_log() OWNER TO skylatch_owner;

--
-- Name: purge_events(integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge_events(p_limit integer, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_removed integer;
begin
  delete from engine.provider_events as e
  where e.ctid = any (array(
    select d.ctid
    from engine.provider_events as d
    where d.received_at < p_now - interval '90 days' and d.state <> 'RECEIVED'
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;

ALTER FUNCTION engine.purge_events(p_limit integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: purge_offers(integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge_offers(p_limit integer, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_removed integer;
begin
  delete from public.flight_offers as o
  where o.ctid = any (array(
    select f.ctid
    from public.flight_offers as f
    where f.status = 'EXPIRED'
      and f.expires_at < p_now - (
        select s.keep_offers_for from engine.search_settings as s
      )
      and not exists (
        select from public.booking_attempts as a
        where a.user_id = f.user_id and a.flight_offer_id = f.id
      )
      and not exists (
        select from public.flight_bookings as b
        where b.user_id = f.user_id and b.flight_offer_id = f.id
      )
      and not exists (
        select from public.trip_requests as t
        where t.user_id = f.user_id and t.selected_offer_id = f.id
      )
    order by f.expires_at
    limit p_limit
    for update of f skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;

ALTER FUNCTION engine.purge_offers(p_limit integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: purge_searches(integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge_searches(p_limit integer, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_calls integer;
  v_quarantined integer;
  v_looks integer;
begin
  delete from engine.provider_calls as c
  where c.ctid = any (array(
    select d.ctid
    from engine.provider_calls as d
    where d.booking_attempt_id is null and d.finished_at < p_now - interval '30 days'
    order by d.finished_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_calls = row_count;
  delete from engine.quarantined_offers as q
  where q.ctid = any (array(
    select r.ctid
    from engine.quarantined_offers as r
    where r.quarantined_at < p_now - (
      select s.keep_offers_for from engine.search_settings as s
    )
    order by r.quarantined_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_quarantined = row_count;
  delete from engine.fare_looks as k
  where k.ctid = any (array(
    select l.ctid
    from engine.fare_looks as l
    where l.looked_at < p_now - interval '1 day'
    order by l.looked_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_looks = row_count;
  return v_calls + v_quarantined + v_looks;
end;
$$;

ALTER FUNCTION engine.purge_searches(p_limit integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: purge_spans(integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.purge_spans(p_limit integer, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_most constant integer := 100000;
  v_removed integer;
begin
  delete from engine.spans as s
  where s.id = any (array(
    select d.id
    from engine.spans as d
    where d.ended_at < p_now - interval '1 hour'
      or d.id <= (select max(n.id) from engine.spans as n) - v_most
    order by d.id
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;

ALTER FUNCTION engine.purge_spans(p_limit integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: raise_counter(text, jsonb, numeric); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.raise_counter(p_counter text, p_labels jsonb, p_value numeric) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.counter_parts (counter, labels, value)
  values (p_counter, p_labels, p_value);
end;
$$;

ALTER FUNCTION engine.raise_counter(p_counter text, p_labels jsonb, p_value numeric) OWNER TO skylatch_owner;

--
-- Name: rank_trip(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.rank_trip(p_user_id uuid, p_trip_id uuid, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_trip public.trip_requests;
  v_eligible integer;
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;

  with held_against as materialized (
    select
      c.*,
      engine.offer_terms(
        v_trip, c.price_currency, c.passengers, c.first_day, c.last_day, 'ACTIVE', p_now
      ) as terms
    from (
      select distinct
        o.price_currency,
        o.passengers,
        -- Of an offer that nobody knows the days of; ages count up to them, so they
        -- have an end: PostgreSQL 17 knows endless ages.
        coalesce(o.asked_on[1], '9999-12-31') as first_day,
        coalesce(o.asked_on[cardinality(o.asked_on)], '9999-12-31') as last_day
      from public.flight_offers as o
      where o.user_id = p_user_id
        and o.trip_request_id = p_trip_id
        and o.search_round = v_trip.search_round
    ) as c
  ),

  judged as (
    select
      o.id,
      o.price_amount / (h.terms).rate as price,
      o.duration,
      o.departs_at,
      o.offer_id,
      j.*
    from public.flight_offers as o
    inner join held_against as h
      on o.price_currency = h.price_currency
      and o.passengers = h.passengers
      and coalesce(o.asked_on[1], '9999-12-31') = h.first_day
      and coalesce(o.asked_on[cardinality(o.asked_on)], '9999-12-31') = h.last_day
    cross join lateral engine.judge_offer(v_trip, o, h.terms, p_now) as j
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = v_trip.search_round
  ),

  ranked as (
    select
      j.*,
      case when j.ineligible = '{}' then
        row_number() over (
          partition by j.ineligible = '{}'
          order by j.score, j.price, j.duration, j.departs_at, j.offer_id
        )
      end as place
    from judged as j
  ),

  written as (
    update public.flight_offers as o
    set
      rank = r.place,
      score = r.score,
      ineligible = r.ineligible,
      score_parts = r.score_parts,
      updated_at = p_now
    from ranked as r
    where o.user_id = p_user_id and o.id = r.id
    returning o.rank
  )

  select count(w.rank) into v_eligible from written as w;
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
-- Name: read_offers(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.read_offers(p_offers jsonb) RETURNS TABLE(offer_no bigint, problem text, offer_id text, passengers jsonb, price_amount numeric, price_currency text, base_amount numeric, base_currency text, tax_amount numeric, tax_currency text, expires_at timestamp with time zone, airline text, carriers text[], lowest_cabin text, duration interval, duration_gap interval, longest_slice interval, connections smallint, most_connections smallint, technical_stops smallint, departs_at timestamp with time zone, arrives_at timestamp with time zone, departs_local timestamp without time zone[], arrives_local timestamp without time zone[], shortest_layover interval, longest_layover interval, airport_changes smallint, overnight_layovers smallint, red_eyes smallint, carry_on_bags smallint, checked_bags smallint, refundable boolean, refund_penalty numeric, refund_penalty_currency text, changeable boolean, change_penalty numeric, change_penalty_currency text, emissions_kg numeric, documents_required boolean, document_types text[], requires_instant_payment boolean, price_guaranteed_until timestamp with time zone, payment_required_by timestamp with time zone, itinerary_key text, itinerary jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_memoize TO 'off'
    SET jit TO 'off'
    AS $_$
#variable_conflict use_column
declare
  v_shape jsonpath := engine.offer_shape();
  v_cabins text[] := array['economy', 'premium_economy', 'business', 'first'];
begin
  return query
  with offer as materialized (
    select
      o.ordinality as offer_no,
      o.value as o,
      o.value ->> 'id' as offer_id,
      (o.value @@ v_shape) is true as fits
    from jsonb_array_elements(p_offers) with ordinality as o
  ),

  -- Pages may overlap: an id that came twice is the offer that came first.
  fresh as materialized (
    select distinct on (f.offer_id) f.offer_no, f.offer_id
    from offer as f
    where f.fits
    order by f.offer_id, f.offer_no
  ),

  seat as (
    select
      f.offer_no,
      l.ordinality as slice_no,
      g.ordinality as segment_no,
      g.ordinality = jsonb_array_length(l.value -> 'segments') as is_last,
      l.value ->> 'duration' as slice_duration,
      coalesce(
        g.value ->> 'duration',
        case
          when jsonb_array_length(l.value -> 'segments') = 1 then l.value ->> 'duration'
        end
      )::interval as stated,
      left(l.value ->> 'fare_brand_name', 200) as fare_brand,
      g.value #>> '{origin,iata_code}' as origin,
      g.value #>> '{destination,iata_code}' as destination,
      g.value ->> 'departing_at' as departing_at,
      g.value ->> 'arriving_at' as arriving_at,
      g.value #>> '{origin,time_zone}' as origin_zone,
      g.value #>> '{destination,time_zone}' as destination_zone,
      g.value #>> '{marketing_carrier,iata_code}' as carrier,
      g.value ->> 'marketing_carrier_flight_number' as flight_number,
      g.value #>> '{operating_carrier,iata_code}' as operated_by,
      jsonb_path_query_array(g.value, '$.stops[*].airport.iata_code') as stops,
      p.cabin,
      p.carry_on,
      p.checked
    from fresh as n
    inner join offer as f on n.offer_no = f.offer_no
    cross join jsonb_path_query_array(
      f.o, '$.passengers[*] ? (@.age < 2 || @.type == "infant_without_seat").id'
    ) as lap (ids)
    cross join jsonb_path_query_array(
      f.o, '$.passengers[*] ? (!(@.age < 2 || @.type == "infant_without_seat")).id'
    ) as seated (ids)
    cross join jsonb_array_elements(f.o -> 'slices') with ordinality as l
    cross join jsonb_array_elements(l.value -> 'segments') with ordinality as g
    cross join lateral (
      select
        case
          when count(*) = count(array_position(v_cabins, w.value ->> 'cabin_class'))
            and seated.ids <@ jsonb_agg(w.value -> 'passenger_id')
            then min(array_position(v_cabins, w.value ->> 'cabin_class'))
        end as cabin,
        case
          when seated.ids <@ jsonb_agg(w.value -> 'passenger_id') then min(b.carry_on)
            filter (where not lap.ids ? (w.value ->> 'passenger_id'))
          else 0
        end as carry_on,
        case
          when seated.ids <@ jsonb_agg(w.value -> 'passenger_id') then min(b.checked)
            filter (where not lap.ids ? (w.value ->> 'passenger_id'))
          else 0
        end as checked
      from jsonb_array_elements(g.value -> 'passengers') as w
      cross join lateral (
        select
          coalesce(
            sum((q ->> 'quantity')::numeric) filter (where q ->> 'type' = 'carry_on'), 0
          ) as carry_on,
          coalesce(
            sum((q ->> 'quantity')::numeric) filter (where q ->> 'type' = 'checked'), 0
          ) as checked
        from jsonb_path_query(w.value, '$.baggages[*]') as q
      ) as b
    ) as p
  ),

  -- Ours is the better list of time zones; the provider's is for what we lack.
  located as (
    select
      s.*,
      s.departing_at::timestamp as leaves,
      s.arriving_at::timestamp as lands,
      coalesce(
        (select a.time_zone from engine.airports as a where a.iata = s.origin),
        case
          when s.origin_zone in (select a.time_zone from engine.airports as a)
            then s.origin_zone
        end
      ) as leaves_in,
      coalesce(
        (select a.time_zone from engine.airports as a where a.iata = s.destination),
        case
          when s.destination_zone in (select a.time_zone from engine.airports as a)
            then s.destination_zone
        end
      ) as lands_in
    from seat as s
  ),

  clocked as materialized (
    select
      c.*,
      c.leaves at time zone c.leaves_in as usually_departs_at,
      c.lands at time zone c.lands_in as usually_arrives_at
    from located as c
  ),

  flown as materialized (
    select
      r.*,
      coalesce(w.told[1], r.usually_departs_at) as departs_at,
      coalesce(w.told[2], r.usually_arrives_at) as arrives_at
    from clocked as r
    cross join lateral (
      select
        case
          when r.usually_arrives_at - r.usually_departs_at <> r.stated
            then engine.told_times(
              r.usually_departs_at, r.usually_arrives_at, r.leaves_in, r.lands_in,
              r.stated
            )
        end as told
    ) as w
  ),

  connected as (
    select
      g.*,
      lag(g.arrives_at) over w as landed_at,
      lag(g.lands) over w as landed,
      lag(g.destination) over w as landed_in,
      case when not g.is_last then lead(g.departs_at) over w - g.arrives_at end as layover
    from flown as g
    window w as (partition by g.offer_no order by g.slice_no, g.segment_no)
  ),

  slice as (
    select
      c.offer_no,
      c.slice_no,
      coalesce(
        max(c.slice_duration)::interval,
        sum(coalesce(c.stated, c.arrives_at - c.departs_at))
        + coalesce(sum(c.layover), interval '0')
      ) as duration,
      -- Either way round, of the slice or of one of its segments.
      greatest(
        max(c.slice_duration)::interval - (max(c.arrives_at) - min(c.departs_at)),
        (max(c.arrives_at) - min(c.departs_at)) - max(c.slice_duration)::interval,
        max(c.stated - (c.arrives_at - c.departs_at)),
        max((c.arrives_at - c.departs_at) - c.stated)
      ) as duration_gap,
      count(*) - 1 as connections,
      sum(jsonb_array_length(c.stops)) as stops,
      min(c.departs_at) as departs_at,
      max(c.arrives_at) as arrives_at,
      max(c.leaves) filter (where c.segment_no = 1) as leaves,
      max(c.lands) filter (where c.is_last) as lands,
      min(c.layover) as shortest_layover,
      max(c.layover) as longest_layover,
      count(*) filter (
        where c.segment_no > 1 and c.origin <> c.landed_in
      ) as airport_changes,
      count(*) filter (
        where c.segment_no > 1 and c.landed::date < c.leaves::date
      ) as overnight_layovers,
      count(*) filter (
        where (c.leaves::time >= '18:00' or c.leaves::time < '05:00')
          and c.lands::time >= '00:30' and c.lands::time < '11:00'
      ) as red_eyes,
      array_agg(c.carrier) || array_agg(coalesce(c.operated_by, '?')) as carriers,
      case when count(c.cabin) = count(*) then min(c.cabin) end as cabin,
      min(c.carry_on) as carry_on,
      min(c.checked) as checked,
      string_agg(
        c.carrier || ltrim(c.flight_number, '0') || ' ' || c.departing_at, ','
      ) as flights,
      min(
        case
          when c.departs_at is null
            then format('slices.segments.origin has no time zone: "%s"', c.origin)
          when c.arrives_at is null then format(
            'slices.segments.destination has no time zone: "%s"', c.destination
          )
          when c.arrives_at <= c.departs_at then format(
            'slices.segments.arriving_at is not after departing_at: "%s"', c.arriving_at
          )
          when c.departs_at < c.landed_at then format(
            'slices.segments.departing_at is before the landing before it: "%s"',
            c.departing_at
          )
        end
      ) as problem,
      jsonb_build_object(
        'origin', max(c.origin) filter (where c.segment_no = 1),
        'destination', max(c.destination) filter (where c.is_last),
        'duration', max(c.slice_duration),
        'fare_brand', max(c.fare_brand),
        'segments', jsonb_agg(
          jsonb_build_object(
            'origin', c.origin,
            'destination', c.destination,
            'departing_at', c.departing_at,
            'arriving_at', c.arriving_at,
            'carrier', c.carrier,
            'flight_number', c.flight_number,
            'operated_by', c.operated_by,
            'cabin', v_cabins[c.cabin],
            'stops', c.stops,
            'layover_minutes', (extract(epoch from c.layover) / 60)::integer
          )
        )
      ) as itinerary
    -- An aggregate takes its rows as they come: in this order.
    from (
      select c.* from connected as c order by c.offer_no, c.slice_no, c.segment_no
    ) as c
    group by c.offer_no, c.slice_no
  ),

  journey as materialized (
    select
      l.offer_no,
      sum(l.duration) as duration,
      max(l.duration_gap) as duration_gap,
      max(l.duration) as longest_slice,
      sum(l.connections) as connections,
      max(l.connections) as most_connections,
      sum(l.stops) as stops,
      min(l.departs_at) as departs_at,
      max(l.arrives_at) as arrives_at,
      array_agg(l.leaves) as departs_local,
      array_agg(l.lands) as arrives_local,
      min(l.shortest_layover) as shortest_layover,
      max(l.longest_layover) as longest_layover,
      sum(l.airport_changes) as airport_changes,
      sum(l.overnight_layovers) as overnight_layovers,
      sum(l.red_eyes) as red_eyes,
      string_agg(array_to_string(l.carriers, ','), ',') as carriers,
      case when count(l.cabin) = count(*) then v_cabins[min(l.cabin)] end as cabin,
      min(l.carry_on) as carry_on,
      min(l.checked) as checked,
      md5(string_agg(l.flights, ',')) as itinerary_key,
      min(l.problem) as problem,
      jsonb_agg(l.itinerary) as itinerary
    from (select l.* from slice as l order by l.offer_no, l.slice_no) as l
    group by l.offer_no
  )

  select
    f.offer_no,
    case
      when not f.fits then coalesce(engine.offer_problem(f.raw), 'cannot be read')
      when f.o is null
        then format('id is that of an offer before it: "%s"', f.offer_id)
      else j.problem
    end,
    f.offer_id,
    (
      select
        jsonb_agg(
          jsonb_build_object(
            'id', p.value -> 'id', 'type', p.value -> 'type', 'age', p.value -> 'age'
          )
        )
      from jsonb_array_elements(f.o -> 'passengers') as p
    ),
    (f.o ->> 'total_amount')::numeric,
    f.o ->> 'total_currency',
    (f.o ->> 'base_amount')::numeric,
    f.o ->> 'base_currency',
    (f.o ->> 'tax_amount')::numeric,
    f.o ->> 'tax_currency',
    (f.o ->> 'expires_at')::timestamptz,
    f.o #>> '{owner,iata_code}',
    array(
      select distinct c.code from string_to_table(j.carriers, ',') as c (code)
      order by c.code
    ),
    j.cabin,
    j.duration,
    j.duration_gap,
    j.longest_slice,
    j.connections::smallint,
    j.most_connections::smallint,
    j.stops::smallint,
    j.departs_at,
    j.arrives_at,
    j.departs_local,
    j.arrives_local,
    j.shortest_layover,
    j.longest_layover,
    j.airport_changes::smallint,
    j.overnight_layovers::smallint,
    j.red_eyes::smallint,
    coalesce(j.carry_on, 0)::smallint,
    coalesce(j.checked, 0)::smallint,
    (f.o #>> '{conditions,refund_before_departure,allowed}')::boolean,
    (f.o #>> '{conditions,refund_before_departure,penalty_amount}')::numeric,
    f.o #>> '{conditions,refund_before_departure,penalty_currency}',
    (f.o #>> '{conditions,change_before_departure,allowed}')::boolean,
    (f.o #>> '{conditions,change_before_departure,penalty_amount}')::numeric,
    f.o #>> '{conditions,change_before_departure,penalty_currency}',
    (f.o ->> 'total_emissions_kg')::numeric,
    coalesce((f.o ->> 'passenger_identity_documents_required')::boolean, true),
    array(
      select d #>> '{}'
      from jsonb_path_query(
        f.o, '$.supported_passenger_identity_document_types[*] ? (@ != null)'
      ) as d
    ),
    (f.o #>> '{payment_requirements,requires_instant_payment}')::boolean,
    (f.o #>> '{payment_requirements,price_guarantee_expires_at}')::timestamptz,
    (f.o #>> '{payment_requirements,payment_required_by}')::timestamptz,
    j.itinerary_key,
    j.itinerary
  from (
    -- Of what does not fit nothing is cast.
    select
      i.offer_no,
      i.offer_id,
      i.fits,
      i.o as raw,
      case when n.offer_no is not null then i.o end as o
    from offer as i
    left join fresh as n on i.offer_no = n.offer_no
  ) as f
  left join journey as j on f.offer_no = j.offer_no
  order by f.offer_no;
end;
$_$;

ALTER FUNCTION engine.read_offers(p_offers jsonb) OWNER TO skylatch_owner;

--
-- Name: read_report(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.read_report(p_report jsonb) RETURNS engine.call_report
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_report engine.call_report;
  v_unknown text;
begin
  select string_agg(f.name, ', ' order by f.name) into v_unknown
  from jsonb_object_keys(p_report) as f (name)
  where f.name not in (
    'call_id', 'epoch', 'http_status', 'error_code', 'body', 'request_id', 'retry_after'
  );
  v_report := jsonb_populate_record(null::engine.call_report, p_report);
  if v_unknown is not null
    or v_report.call_id is null
    or v_report.epoch is null
    or v_report.error_code not in ('not_sent', 'no_answer', 'unreadable', 'too_large')
  then
    raise exception using
      errcode = 'SK307',
      message = 'the report says what a sidecar may not say',
      detail = jsonb_build_object(
        'call', v_report.call_id,
        'fields', v_unknown,
        'error_code', left(v_report.error_code, 80)
      ),
      hint = 'Its fields are those of the type engine.call_report; error_code is not_sent, '
        'no_answer, unreadable or too_large.';
  end if;
  v_report.request_id := engine.provider_word(v_report.request_id, null);
  return v_report;
end;
$$;

ALTER FUNCTION engine.read_report(p_report jsonb) OWNER TO skylatch_owner;

--
-- Name: reason_to_wait(public.trip_requests, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.reason_to_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_decision record;
begin
  select d.* into v_decision
  from engine.buy_or_wait(p_trip, p_flight_offer_id, p_now) as d;
  if v_decision.decision = 'WAIT' then
    perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
    perform engine.check_party(p_trip.user_id, p_trip.id);
    perform engine.check_consent(p_trip);
  end if;
  insert into engine.wait_decisions (
    user_id, trip_request_id, search_round, decided_at, decision, reason, price,
    currency, fall_chance, lost_chance, expected_saving, samples, decide_by
  )
  select
    p_trip.user_id,
    p_trip.id,
    p_trip.search_round,
    p_now,
    v_decision.decision,
    v_decision.reason,
    v_decision.price,
    o.price_currency,
    v_decision.fall_chance,
    v_decision.lost_chance,
    v_decision.expected_saving,
    v_decision.samples,
    v_decision.decide_by
  from public.flight_offers as o
  where o.user_id = p_trip.user_id and o.id = p_flight_offer_id;
  return case when v_decision.decision = 'WAIT' then v_decision.reason end;
end;
$$;

ALTER FUNCTION engine.reason_to_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: receive_events(text, jsonb, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.receive_events(p_provider text, p_events jsonb, p_received_by text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_new integer;
begin
  insert into engine.provider_events (
    provider, event_id, type, object_id, hints, occurred_at, received_at, received_by
  )
  select
    p_provider, e.event_id, e.type, e.object_id, coalesce(e.hints, '{}'),
    e.occurred_at, clock_timestamp(), p_received_by
  from jsonb_to_recordset(p_events) as e (
    event_id text, type text, object_id text, hints jsonb, occurred_at timestamptz
  )
  -- Deliveries at the same time wait for each other in one order.
  order by e.event_id
  on conflict (provider, event_id) do nothing;
  get diagnostics v_new = row_count;
  return v_new;
end;
$$;

ALTER FUNCTION engine.receive_events(p_provider text, p_events jsonb, p_received_by text) OWNER TO skylatch_owner;

--
-- Name: receive_sweep(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_provider text := case p_call.operation
    when 'sweep_order_events' then 'duffel' else 'stripe'
  end;
  v_new integer;
begin
  select engine.receive_events(v_provider, coalesce(jsonb_agg(e.event), '[]'), 'sweep')
  into v_new
  from (
    select
      jsonb_build_object(
        'event_id', l.event ->> 'id',
        'type', l.event ->> 'type',
        'object_id', coalesce(
          l.event #>> '{related_object,id}',
          -- Of an order that could not be made, the offer is all there is.
          case l.event ->> 'type'
            when 'order.creation_failed' then l.object ->> 'offer_id'
          end,
          l.object ->> 'id',
          l.object ->> 'order_id', l.object ->> 'offer_id', l.object ->> 'payment_id',
          l.event ->> 'id'
        ),
        'hints', jsonb_strip_nulls(
          jsonb_build_object(
            'offer_id', l.object -> 'offer_id',
            'order_id', coalesce(
              l.object -> 'order_id',
              case when starts_with(l.object ->> 'id', 'ord_') then l.object -> 'id' end
            ),
            'payment_id', l.object -> 'payment_id',
            'aic_id', l.object -> 'aic_id',
            'installation_id', coalesce(
              l.event #> '{related_object,installation_id}',
              l.object -> 'installation_id'
            )
          )
        ),
        -- Stripe counts seconds, Duffel writes a time. By way of jsonb, which writes
        -- a time in one form only: others name zones that are read as other zones.
        'occurred_at', coalesce(
          l.event ->> 'created_at',
          to_jsonb(to_timestamp((l.event ->> 'created')::bigint)) #>> '{}'
        )
      ) as event
    from (
      select s.value as event, s.value #> '{data,object}' as object
      from jsonb_array_elements(p_body -> 'events') as s
    ) as l
    where l.event ->> 'id' is not null and l.event ->> 'type' is not null
  ) as e;
  -- The list is whole up to its end, or to the moment at which it was asked for.
  insert into engine.scans as s (scan, provider, scanned_to, finished_at, found)
  values (
    case v_provider when 'duffel' then 'order_events' else 'payment_events' end,
    v_provider,
    coalesce(
      case v_provider
        when 'duffel' then (p_call.payload ->> 'created_before')::timestamptz
        else to_timestamp((p_call.payload ->> 'created_before')::bigint)
      end,
      p_call.claimed_at
    ),
    p_now, v_new
  )
  on conflict (scan) do update
  set
    scanned_to = excluded.scanned_to,
    finished_at = excluded.finished_at,
    found = excluded.found;
  return v_new || ' missed';
end;
$$;

ALTER FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: record_action(engine.review_cases, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_action(p_case engine.review_cases, p_action text, p_reason text, p_outcome text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.review_actions (
    review_case_id, at, actor, action, reason, outcome
  )
  values (p_case.id, p_now, engine.caller(), p_action, p_reason, p_outcome);
  if p_case.trip_request_id is not null then
    perform engine.log_event(
      p_case.user_id, p_case.trip_request_id, p_case.booking_attempt_id,
      engine.caller(), 'case:' || p_case.id, null, null,
      format('a person decided: %s', p_action),
      jsonb_build_object('kind', p_case.kind, 'reason', p_reason, 'outcome', p_outcome)
    );
  end if;
end;
$$;

ALTER FUNCTION engine.record_action(p_case engine.review_cases, p_action text, p_reason text, p_outcome text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: record_consent(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into public.consents (
    user_id, trip_request_id, text_version, max_price, currency, payment_method_id,
    party, given_at, actor
  )
  values (
    new.user_id, new.id, new.consent_text_version, new.max_price, new.currency,
    new.payment_method_id, engine.consent_party(new.user_id, new.id), new.consent_at,
    engine.caller()
  );
  return null;
end;
$$;

ALTER FUNCTION engine.record_consent() OWNER TO skylatch_owner;

--
-- Name: record_evidence(engine.provider_calls, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_evidence(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_key text := replace(p_call.operation, 'look_', '');
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_says jsonb;
begin
  if v_key = 'order' then
    select coalesce(jsonb_agg(o.value), '[]') into v_says
    from jsonb_array_elements(p_body -> 'orders') as o
    where o.value ->> 'id' in (p_call.object_id, p_call.payload ->> 'order_id')
      or o.value ->> 'offer_id' in (p_call.object_id, p_call.payload ->> 'offer_id')
      or o.value #>> '{metadata,attempt_id}' = p_call.booking_attempt_id::text;
  else
    select jsonb_object_agg(f.key, f.value) into v_says
    from jsonb_each(p_body) as f
    where f.key in (
      'id', 'status', 'amount', 'amount_capturable', 'amount_received',
      'amount_captured', 'amount_refunded', 'currency', 'created', 'canceled_at',
      'cancellation_reason', 'reason', 'failure_reason', 'metadata', 'evidence'
    );
  end if;
  update engine.review_cases as c
  set
    evidence = c.evidence || jsonb_build_object(
      v_key, jsonb_build_object('read_at', v_read_at, 'says', v_says)
    ),
    evidence_at = p_now
  where c.resolved_at is null
    and (
      c.object_id = p_call.object_id
      or c.user_id = p_call.user_id and c.booking_attempt_id = p_call.booking_attempt_id
    )
    and coalesce((c.evidence #>> array[v_key, 'read_at'])::timestamptz, '-infinity')
      <= v_read_at;
end;
$$;

ALTER FUNCTION engine.record_evidence(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: record_flag_usage(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_flag_usage() RETURNS void
    LANGUAGE plpgsql
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
-- Name: record_looks(uuid[], text[], integer[], numeric[], text[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.record_looks(p_trips uuid[], p_keys text[], p_offers integer[], p_cheapest numeric[], p_currencies text[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into engine.fare_looks as k (
    search_key, looked_at, offers, cheapest, currency
  )
  select distinct on (l.search_key)
    l.search_key, p_now, l.offers, l.cheapest, l.currency
  from unnest(p_keys, p_offers, p_cheapest, p_currencies)
    as l (search_key, offers, cheapest, currency)
  where pg_try_advisory_xact_lock(7302027, hashtext(l.search_key))
  order by l.search_key, l.cheapest
  on conflict (search_key) do update
  set
    looked_at = excluded.looked_at,
    offers = excluded.offers,
    cheapest = excluded.cheapest,
    currency = excluded.currency;

  update engine.trip_searches as s
  set
    last_looked_at = p_now,
    offers = l.offers,
    cheapest = l.cheapest,
    currency = l.currency,
    volatility = l.volatility,
    next_look_at = p_now + engine.look_interval(
      s.departure_date, case when l.currency = l.caps_currency then l.cheapest end,
      l.cap, l.volatility, p_now
    )
  from (
    select
      b.user_id,
      b.trip_request_id,
      b.ordinal,
      u.offers,
      u.cheapest,
      u.currency,
      t.max_price as cap,
      t.currency as caps_currency,
      engine.next_volatility(
        b.volatility, case when b.currency = u.currency then b.cheapest end, u.cheapest
      ) as volatility
    from unnest(p_trips, p_keys, p_offers, p_cheapest, p_currencies)
      as u (trip, search_key, offers, cheapest, currency)
    inner join public.trip_requests as t on t.id = u.trip
    inner join engine.trip_searches as b
      on b.user_id = t.user_id
      and b.trip_request_id = t.id
      and b.search_key = u.search_key
  ) as l
  where s.user_id = l.user_id
    and s.trip_request_id = l.trip_request_id
    and s.ordinal = l.ordinal;
  perform engine.schedule_trips(p_trips, p_now);
end;
$$;

ALTER FUNCTION engine.record_looks(p_trips uuid[], p_keys text[], p_offers integer[], p_cheapest numeric[], p_currencies text[], p_now timestamp with time zone) OWNER TO skylatch_owner;

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
  perform engine.start_scans(v_now);
  -- Trips before offers: the order in which everybody locks them.
  v_recovered := engine.recover_calls(session_user, v_now);
  perform engine.apply_events(1000, v_now);
  perform engine.expire_offers(v_now);
  perform engine.sum_flag_usage();
  perform engine.sum_counters();
  perform engine.sweep_events(v_now);
  -- Last, because it locks trips, though only those that are free.
  perform engine.look_at_bookings(v_now);
  perform engine.beat_job('recover', true);
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
    SET lock_timeout TO '250ms'
    AS $$
declare
  v_is_confirmed boolean := engine.history_is_confirmed(p_now);
  v_call record;
  v_report engine.call_report;
  v_recovered integer := 0;
begin
  for v_call in
    select
      c.trip_request_id, c.id, c.epoch, c.state, engine.trace_hex(c.trace_id) as trace
    from engine.provider_calls as c
    inner join engine.operations as o on c.operation = o.operation
    where c.state in ('CLAIMED', 'SENT')
      and c.lease_until < p_now
      and (v_is_confirmed or c.state = 'SENT' or not o.awaits_history)
    union all
    select
      c.trip_request_id, c.id, c.epoch, c.state, engine.trace_hex(c.trace_id) as trace
    from engine.provider_calls as c
    inner join engine.operations as o on c.operation = o.operation
    where c.state = 'READY'
      and c.first_claimed_at < p_now - o.key_lasts
      and (v_is_confirmed or not o.awaits_history)
    order by 1, 2
    limit 1000
  loop
    begin
      v_report.call_id := v_call.id;
      v_report.epoch := v_call.epoch;
      v_report.error_code := case v_call.state
        when 'SENT' then 'no_answer'
        when 'READY' then 'key_expired'
        else 'not_sent'
      end;
      perform engine.settle_call(v_report, true, p_actor, p_now);
      v_recovered := v_recovered + 1;
    exception when others then
      -- One that cannot be settled must not keep the others from it, minute by minute.
      raise warning 'call % (trace %) not recovered: % %',
        v_call.id, v_call.trace, sqlstate, sqlerrm;
      if sqlstate = '55P03' then
        perform engine.wait_less();
      elsif sqlstate not in ('40001', '40P01', '53100', 'SK308') then
        begin
          perform engine.count_apply_failure(v_call.id, sqlerrm, p_actor, p_now);
        exception when lock_not_available or sqlstate 'SK308' then
          raise warning 'the failure of call % (trace %) was not counted: %',
            v_call.id, v_call.trace, sqlerrm;
        end;
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
-- Name: refuse_busy(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_busy(p_sqlstate text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'SK311',
    message = 'others are at work on this: try again',
    detail = jsonb_build_object('sqlstate', left(p_sqlstate, 5)),
    hint = 'Nothing was changed. The same call can be made again at once.';
end;
$$;

ALTER FUNCTION engine.refuse_busy(p_sqlstate text) OWNER TO skylatch_owner;

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
-- Name: refuse_events(text, text, bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_events(p_provider text, p_reason text, p_times bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    BEGIN ATOMIC
 INSERT INTO engine.refused_events AS r (provider, day, reason, refused)
   VALUES (refuse_events.p_provider, ((clock_timestamp() AT TIME ZONE 'UTC'::text))::date,
         CASE
             WHEN (refuse_events.p_reason = ANY (ARRAY['no_secret'::text, 'no_signature'::text, 'malformed_signature'::text, 'bad_signature'::text, 'too_old'::text, 'in_the_future'::text, 'too_large'::text, 'cut_short'::text, 'too_slow'::text, 'unreadable'::text, 'no_event'::text, 'wrong_mode'::text])) THEN refuse_events.p_reason
             ELSE 'other'::text
         END, refuse_events.p_times) ON CONFLICT(provider, day, reason) DO UPDATE SET refused = (r.refused + excluded.refused);
END;

ALTER FUNCTION engine.refuse_events(p_provider text, p_reason text, p_times bigint) OWNER TO skylatch_owner;

--
-- Name: refuse_runtime(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_runtime(p_versions jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
begin
  if p_versions ->> 'sdk' = p_versions ->> 'sdk_wanted'
    and string_to_array(p_versions ->> 'package', '.')::integer[]
      >= string_to_array(p_versions ->> 'package_wanted', '.')::integer[]
  then
    return;
  end if;
  raise exception using
    errcode = 'SK306',
    message = 'the server''s Python packages do not fit this database',
    detail = p_versions,
    hint = 'Run make install where the server runs, deploy, and open new connections.';
end;
$$;

ALTER FUNCTION engine.refuse_runtime(p_versions jsonb) OWNER TO skylatch_owner;

--
-- Name: refuse_setting(text, text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.refuse_setting(p_field text, p_value text, p_hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
  raise exception using
    errcode = 'SK023',
    message = 'this is not a value of the setting',
    detail = jsonb_build_object('field', p_field, 'value', left(p_value, 40)),
    column = p_field,
    hint = p_hint;
end;
$$;

ALTER FUNCTION engine.refuse_setting(p_field text, p_value text, p_hint text) OWNER TO skylatch_owner;

--
-- Name: release_trip(public.booking_attempts, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_again_at timestamptz := p_now + p_attempt.search_again_after;
  v_tries integer;
begin
  -- No order will name them any more; whose they are is kept, in case one is found.
  update engine.booking_attempt_passengers as p
  set
    given_name = null, family_name = null, title = null, gender = null, born_on = null,
    email = null, phone_number = null
  where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;
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
-- Name: renew_installation(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.renew_installation(p_reason text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_former uuid := (select i.id from engine.installation as i);
  v_new uuid := gen_random_uuid();
  v_live integer := (
    select count(*)
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
  );
begin
  if v_live > 0 then
    raise exception using
      errcode = 'SK309',
      message = 'attempts are in flight',
      detail = jsonb_build_object('attempts', v_live),
      hint = 'Copy a database at rest: engage the kill switch in the original, wait until '
        'nothing is in flight, then copy it.';
  end if;
  insert into engine.installation_changes (at, set_by, reason, former_id, new_id)
  values (
    clock_timestamp(),
    engine.caller(),
    engine.require_text('p_reason', p_reason),
    v_former,
    v_new
  );
  insert into engine.installation as i (id, made_at)
  values (v_new, clock_timestamp())
  on conflict (only_row) do update
  set id = excluded.id, made_at = excluded.made_at;
  update public.flight_bookings as b
  set next_look_at = null
  where b.status = 'CONFIRMED' and b.next_look_at is not null;
  return v_new;
end;
$$;

ALTER FUNCTION engine.renew_installation(p_reason text) OWNER TO skylatch_owner;

--
-- Name: require_bookable(public.trip_requests); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_bookable(p_trip public.trip_requests) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_problem text := case
    when p_trip.auto_book_status <> 'PENDING' then 'status'
    when not p_trip.auto_book_enabled or p_trip.consent_at is null then 'consent'
  end;
begin
  if engine.has_live_attempt(p_trip.user_id, p_trip.id) then
    raise exception using
      errcode = 'SK101',
      message = 'a booking of this trip is already in flight',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = 'Wait for it to end; its state is in booking_attempts.';
  elsif v_problem is not null then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object(
        'trip', p_trip.id, 'status', p_trip.auto_book_status, 'problem', v_problem
      ),
      hint = 'A trip is booked when it is pending and agreed to.';
  end if;
end;
$$;

ALTER FUNCTION engine.require_bookable(p_trip public.trip_requests) OWNER TO skylatch_owner;

--
-- Name: require_pipeline(uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_pipeline(p_user_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
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
-- Name: require_room(uuid, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_room(p_user_id uuid, p_relation text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_limit integer;
  v_count integer;
begin
  perform engine.hold_traveller(p_user_id);
  if p_relation = 'trip_requests' then
    select l.open_trips into v_limit from engine.traveller_limits as l;
    select count(*) into v_count
    from public.trip_requests as t
    where t.user_id = p_user_id
      and t.auto_book_status in (
        'PENDING', 'BOOKING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED'
      );
  else
    select l.profiles into v_limit from engine.traveller_limits as l;
    select count(*) into v_count
    from public.traveler_profiles as f where f.user_id = p_user_id;
  end if;
  if (v_count < v_limit) is not true then
    raise exception using
      errcode = 'SK117',
      message = 'the traveller has as many of these as one may have',
      detail = jsonb_build_object('table', p_relation, 'limit', v_limit),
      hint = case p_relation
        when 'trip_requests' then 'Cancel a trip that is not needed any more first.'
        else 'Change a profile that is not needed any more instead.'
      end;
  end if;
end;
$$;

ALTER FUNCTION engine.require_room(p_user_id uuid, p_relation text) OWNER TO skylatch_owner;

--
-- Name: require_size(text, text[], integer, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_size(p_field text, p_values text[], p_elements integer, p_bytes integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
  v_size bigint := cardinality(p_values);
  v_is_long boolean := false;
begin
  if v_size <= p_elements then
    select max(octet_length(v.value)), max(octet_length(v.value)) > p_bytes
    into v_size, v_is_long
    from unnest(p_values) as v (value);
    if v_is_long is not true then
      return;
    end if;
  elsif p_values is null then
    return;
  end if;
  raise exception using
    errcode = 'SK025',
    message = 'a value is larger than this field holds',
    detail = jsonb_build_object(
      'field', p_field,
      'limit', case when v_is_long then p_bytes else p_elements end,
      'unit', case when v_is_long then 'bytes' else 'values' end,
      'size', v_size
    ),
    column = p_field,
    hint = case
      when v_is_long then format('Give at most %s bytes.', p_bytes)
      else format('Give at most %s values.', p_elements)
    end;
end;
$$;

ALTER FUNCTION engine.require_size(p_field text, p_values text[], p_elements integer, p_bytes integer) OWNER TO skylatch_owner;

--
-- Name: require_sizes(text, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_sizes(p_relation text, p_row jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
  v_limit record;
  v_value jsonb;
begin
  for v_limit in
    select l.field, l.elements, l.bytes
    from engine.size_limits() as l
    where l.relation = p_relation
  loop
    v_value := p_row -> v_limit.field;
    perform engine.require_size(
      v_limit.field,
      case
        when jsonb_typeof(v_value) = 'array'
          then array(select e.value from jsonb_array_elements_text(v_value) as e (value))
        else array[v_value #>> '{}']
      end,
      v_limit.elements,
      v_limit.bytes
    );
  end loop;
end;
$$;

ALTER FUNCTION engine.require_sizes(p_relation text, p_row jsonb) OWNER TO skylatch_owner;

--
-- Name: require_text(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.require_text(p_field text, p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
  perform engine.require_size(p_field, array[p_text], 1, 2000);
  if length(regexp_replace(coalesce(p_text, ''), '[[:space:]]', '', 'g')) < 3 then
    raise exception using
      errcode = 'SK016',
      message = 'a decision needs its reason',
      detail = jsonb_build_object('field', p_field, 'value', left(p_text, 40)),
      column = p_field,
      hint = 'Say in a few words why, 2,000 characters at most: it is kept with the '
        'decision.';
  end if;
  return trim(p_text);
end;
$$;

ALTER FUNCTION engine.require_text(p_field text, p_text text) OWNER TO skylatch_owner;

--
-- Name: retire_consent_text(text, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.retire_consent_text(p_version text, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  update engine.consent_texts as c
  set
    retired_at = clock_timestamp(), retired_by = engine.caller(),
    retired_because = v_reason
  where c.version = p_version and c.retired_at is null;
  if not found then
    perform engine.refuse_setting(
      'version',
      p_version,
      'Name a version that is published and not retired.'
    );
  end if;
end;
$$;

ALTER FUNCTION engine.retire_consent_text(p_version text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: retry_at(text, integer, numeric, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
begin
  return (
    select case
      when o.waits is null and p_tries >= o.max_tries
        or o.waits is not null
        and (p_tries > cardinality(o.waits) or p_deadline_at <= p_now) then null
      else p_now + greatest(
        (0.5 + random() / 2) * coalesce(
          o.waits[p_tries], make_interval(secs => least(power(2, p_tries - 1), 300))
        ),
        make_interval(secs => least(coalesce(p_retry_after, 0), 300))
      )
    end
    from engine.operations as o
    where o.operation = p_operation
  );
end;
$$;

ALTER FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: revive_plans(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.revive_plans(p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_idle uuid[];
  v_asked uuid[];
begin
  v_idle := array(
    select t.id
    from public.trip_requests as t
    where t.auto_book_status = 'PENDING'
      and t.auto_book_enabled
      and t.next_search_at <= p_now
      and not exists (
        select from engine.trip_searches as s
        where s.user_id = t.user_id
          and s.trip_request_id = t.id
          and s.next_look_at <= p_now
          and s.over_at > p_now
      )
    order by t.next_search_at
    limit 10000
    for no key update of t skip locked
  );
  if v_idle = '{}' then
    return;
  end if;
  with over as (
    delete from engine.trip_searches as s
    using public.trip_requests as t
    where t.id = any (v_idle)
      and s.user_id = t.user_id
      and s.trip_request_id = t.id
      and s.over_at <= p_now
    returning s.trip_request_id
  )
  select coalesce(array_agg(i.id), '{}') into v_asked
  from unnest(v_idle) as i (id)
  where not exists (select from over as o where o.trip_request_id = i.id);
  perform engine.plan_trips(v_asked, p_now);
  update engine.trip_searches as s
  set next_look_at = p_now
  from public.trip_requests as t
  where t.id = any (v_asked) and s.user_id = t.user_id and s.trip_request_id = t.id;
  perform engine.schedule_trips(v_idle, p_now);
end;
$$;

ALTER FUNCTION engine.revive_plans(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: ring(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.ring(p_channel text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  if pg_notification_queue_usage() < 0.5 then
    perform pg_notify(p_channel, '');
  end if;
end;
$$;

ALTER FUNCTION engine.ring(p_channel text) OWNER TO skylatch_owner;

--
-- Name: role_problems(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.role_problems() RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_callers constant text[] := array[
    'authenticator', 'anon', 'authenticated', 'service_role'
  ];
  v_workers constant text[] := array['skylatch_sidecar', 'skylatch_cron'];
  v_people constant text[] := array[
    'skylatch_operator', 'skylatch_feed', 'skylatch_watch'
  ];
begin
  return query
  select format('the role %s is missing, or has other attributes', r.name)
  from (
    values
      ('skylatch_owner', false, false),
      ('skylatch_operator', false, false),
      ('skylatch_sidecar', true, false),
      ('skylatch_cron', true, false),
      ('skylatch_feed', true, false),
      ('skylatch_watch', true, false),
      ('authenticator', true, false),
      -- A platform may let these log in.
      ('anon', null, false),
      ('authenticated', null, false),
      ('service_role', null, true)
  ) as r (name, logs_in, bypasses)
  where not exists (
    select from pg_roles as p
    where p.rolname = r.name
      and p.rolcanlogin = coalesce(r.logs_in, p.rolcanlogin)
      -- Who logs in takes a role by name, or has no more than its own.
      and not (p.rolinherit and coalesce(r.logs_in, false))
      and p.rolbypassrls = r.bypasses
      and not (p.rolsuper or p.rolcreaterole or p.rolcreatedb or p.rolreplication)
  );

  return query
  select format('%s may use up the connections', p.rolname)
  from pg_roles as p
  where p.rolname in ('skylatch_feed', 'skylatch_watch')
    and p.rolconnlimit not between 0 and 5;

  return query
  select format('%s may become %s', a.member::regrole, a.roleid::regrole)
  from pg_auth_members as a
  inner join pg_roles as p on a.member = p.oid
  where p.rolname = any (
    v_callers || v_workers || v_people || 'skylatch_owner'::text
  )
    and not (
      p.rolname = 'authenticator'
      and pg_get_userbyid(a.roleid) in ('anon', 'authenticated', 'service_role')
      and not a.admin_option
    );

  return query
  select format('authenticator may not become %s', m.name)
  from unnest('{anon,authenticated,service_role}'::text[]) as m (name)
  where not exists (
    select from pg_auth_members as a
    where a.roleid = to_regrole(m.name) and a.member = to_regrole('authenticator')
  );

  return query
  select format('%s has not %s = %s', s.role, s.name, s.value)
  from (
    select r.name, v.name, v.value
    from (
      values
        (
          array['skylatch_sidecar', 'skylatch_feed', 'skylatch_watch'],
          'statement_timeout', '30s'
        ),
        (array['skylatch_sidecar'], 'lock_timeout', '10s'),
        (
          array['skylatch_sidecar', 'skylatch_feed', 'skylatch_watch'],
          'idle_in_transaction_session_timeout', '30s'
        ),
        (array['skylatch_cron'], 'statement_timeout', '50s'),
        (array['skylatch_cron'] || v_people, 'lock_timeout', '5s'),
        (array['skylatch_operator'], 'idle_in_transaction_session_timeout', '60s'),
        (v_callers, 'statement_timeout', '15s'),
        (v_callers, 'lock_timeout', '5s'),
        (v_callers, 'idle_in_transaction_session_timeout', '15s'),
        (v_callers, 'transaction_timeout', '30s'),
        (v_workers, 'transaction_timeout', '0'),
        (
          v_workers || 'authenticator'::text, 'default_transaction_isolation',
          'read committed'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_error_verbosity', 'terse'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_min_error_statement', 'panic'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_min_duration_statement', '-1'
        ),
        (array['authenticator', 'skylatch_sidecar'], 'log_min_duration_sample', '-1'),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_transaction_sample_rate', '0'
        ),
        (array['authenticator', 'skylatch_sidecar'], 'log_statement', 'none'),
        (array['authenticator'], 'log_min_messages', 'log'),
        (v_workers || v_people || v_callers, 'DateStyle', 'ISO, MDY'),
        (v_workers || v_people || v_callers, 'IntervalStyle', 'postgres'),
        (v_workers || v_people || v_callers, 'TimeZone', 'UTC'),
        (v_workers || v_people || v_callers, 'extra_float_digits', '1'),
        (v_workers || v_people || v_callers, 'standard_conforming_strings', 'on'),
        (v_workers || v_people || v_callers, 'row_security', 'on'),
        (v_workers || v_people || v_callers, 'session_replication_role', 'origin'),
        (v_workers || v_people || v_callers, 'default_transaction_read_only', 'off'),
        (v_workers || v_people || v_callers, 'jit', 'off'),
        (array['skylatch_sidecar'], 'plan_cache_mode', 'force_generic_plan'),
        (array['skylatch_sidecar'], 'enable_seqscan', 'off'),
        (
          array_remove(v_workers || v_people || v_callers, 'skylatch_sidecar'),
          'plan_cache_mode', 'auto'
        ),
        (v_workers || v_people || v_callers, 'max_parallel_workers_per_gather', '0'),
        (array['skylatch_sidecar'], 'synchronous_commit', 'on'),
        (array['skylatch_sidecar'], 'idle_session_timeout', '0')
    ) as v (roles, name, value)
    cross join unnest(v.roles) as r (name)
    where v.name <> 'transaction_timeout'
      or current_setting('server_version_num')::integer >= 170000
  ) as s (role, name, value)
  where not exists (
    select from pg_db_role_setting as d
    where d.setdatabase = 0
      and d.setrole = to_regrole(s.role)
      and s.name || '=' || s.value = any (d.setconfig)
  )
  -- What is set for one database wins over what is set for the role.
  or exists (
    select from pg_db_role_setting as d
    inner join pg_database as b on d.setdatabase = b.oid
    cross join unnest(d.setconfig) as c (setting)
    where b.datname = current_database()
      and d.setrole = to_regrole(s.role)
      and c.setting like s.name || '=%'
      and c.setting <> s.name || '=' || s.value
  );
end;
$$;

ALTER FUNCTION engine.role_problems() OWNER TO skylatch_owner;

--
-- Name: route_problems(public.trip_requests, public.flight_offers, text[]); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.route_problems(p_trip public.trip_requests, p_offer public.flight_offers, p_city_airports text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_from text[] := p_offer.asked_from;
  v_to text[] := p_offer.asked_to;
  v_on date[] := p_offer.asked_on;
  v_slices integer := cardinality(v_on);
  v_itinerary jsonb := p_offer.itinerary;
  v_route boolean := true;
  v_date boolean := true;
begin
  if v_slices is null
    or (
      v_from[1] = any (p_trip.origins)
      and v_to[1] = any (p_trip.destinations)
      and v_on[1] between p_trip.departure_from and p_trip.departure_to
      and case
        when p_trip.return_from is null and p_trip.nights_min is null then v_slices = 1
        else v_slices = 2
          and v_from[2] = v_to[1]
          and v_to[2] = v_from[1]
          and v_on[2] >= v_on[1]
          and (p_trip.return_from is null or v_on[2] >= p_trip.return_from)
          and (p_trip.return_to is null or v_on[2] <= p_trip.return_to)
          and (p_trip.nights_min is null or v_on[2] - v_on[1] >= p_trip.nights_min)
          and (p_trip.nights_max is null or v_on[2] - v_on[1] <= p_trip.nights_max)
      end
    ) is not true
  then
    return array['not_asked_for'];
  elsif jsonb_array_length(v_itinerary) <> v_slices then
    return array['wrong_slices'];
  end if;
  for v_no in 1..v_slices loop
    v_route := v_route
      and (
        v_itinerary #>> array[(v_no - 1)::text, 'origin'] = v_from[v_no]
        or v_from[v_no] || (v_itinerary #>> array[(v_no - 1)::text, 'origin'])
        = any (p_city_airports)
      )
      and (
        v_itinerary #>> array[(v_no - 1)::text, 'destination'] = v_to[v_no]
        or v_to[v_no] || (v_itinerary #>> array[(v_no - 1)::text, 'destination'])
        = any (p_city_airports)
      );
    v_date := v_date and p_offer.departs_local[v_no]::date = v_on[v_no];
  end loop;
  return array_remove(
    array[
      case when v_route is not true then 'wrong_route' end,
      case when v_date is not true then 'wrong_date' end
    ],
    null
  );
end;
$$;

ALTER FUNCTION engine.route_problems(p_trip public.trip_requests, p_offer public.flight_offers, p_city_airports text[]) OWNER TO skylatch_owner;

--
-- Name: run_monitor(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  -- As in operations/jobs.sql.
  v_tick constant interval := interval '10 minutes';
  v_every interval;
  v_free_from timestamptz;
  v_budget integer := 0;
  v_trips uuid[];
  v_ordinals smallint[];
  v_refused uuid[];
  -- Travellers who keep a trip locked that was chosen.
  v_absent uuid[];
  v_without uuid[] := '{}'::uuid[];
  v_problem text;
  v_reason text;
  v_claimed integer := 0;
  v_skipped integer := 0;
  v_expired integer := 0;
  v_searches integer := 0;
  v_shared integer := 0;
  v_postponed integer := 0;
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
        -- Nowhere is it later than a day after UTC's, which the index finds.
        and o.departure_to <= (p_now at time zone 'UTC')::date
        and engine.is_over(o.origins, o.departure_to, p_now)
      for no key update skip locked
    ) as over
    where t.user_id = over.user_id and t.id = over.id;
    get diagnostics v_expired = row_count;

    -- Not while an answer is out: it may be the one that fits.
    update public.trip_requests as t
    set
      auto_book_status = 'ACTION_REQUIRED',
      status_reason = format(
        'Nothing fitted in %s searches. Resume the trip to search as often again, or '
        'change what you are looking for.',
        t.searches
      ),
      status_changed_at = p_now
    from (
      select d.user_id, d.id
      from public.trip_requests as d
      where d.auto_book_status = 'PENDING'
        and d.auto_book_enabled
        and d.next_search_at <= p_now
        and d.searches >= d.max_searches
        and not exists (
          select from engine.provider_calls as c
          where c.user_id = d.user_id
            and c.trip_request_id = d.id
            and c.state in ('READY', 'CLAIMED', 'SENT')
        )
      for no key update skip locked
    ) as spent
    where t.user_id = spent.user_id and t.id = spent.id;

    v_shared := engine.share_looks(p_now);
    perform engine.revive_plans(p_now);

    select
      interval '1 minute' / s.searches_per_minute,
      (
        s.searches_per_minute * extract(epoch from v_tick) / 60 - (
          select count(*) from engine.provider_calls as c
          where c.state = 'READY' and c.operation = 'search'
        )
      )::integer
    into v_every, v_budget
    from engine.search_settings as s;
    v_free_from := greatest(
      p_now,
      (
        select r.free_from
        from engine.monitor_runs as r
        where r.free_from is not null
        order by r.id desc
        limit 1
      )
    );
    -- A tick out of turn has only what the one before it has left.
    v_budget := greatest(
      least(
        v_budget,
        ceil(
          extract(epoch from p_now + v_tick - v_free_from) / extract(epoch from v_every)
        )::integer
      ),
      0
    );

    -- Again while some were refused, or keep their trip locked: their share goes to
    -- others, and those who waited for their answer ask themselves; but not for ever.
    loop
      with chosen as materialized (
        select c.*
        from engine.choose_searches(v_budget - v_searches, p_now, v_without)
          with ordinality as c (user_id, trip_request_id, ordinal, place)
      ),

      held as materialized (
        select t.user_id, t.id
        from public.trip_requests as t
        where (t.user_id, t.id) in (
          select c.user_id, c.trip_request_id from chosen as c
        )
        and t.auto_book_status = 'PENDING'
        and t.auto_book_enabled
        and t.next_search_at <= p_now
        for no key update skip locked
      ),

      -- Once for each traveller, however many trips.
      gate as materialized (
        select u.user_id, engine.flag_problem(u.user_id, p_now) as problem
        from (select distinct h.user_id from held as h) as u
      )

      select
        array_agg(c.trip_request_id order by c.place)
          filter (where h.id is not null and g.problem is null),
        array_agg(c.ordinal order by c.place)
          filter (where h.id is not null and g.problem is null),
        array_agg(distinct h.id) filter (where g.problem is not null),
        array_agg(distinct c.user_id) filter (where h.id is null),
        min(g.problem),
        v_claimed + count(distinct h.id) filter (where g.problem is null)::integer,
        v_skipped + count(distinct h.id) filter (where g.problem is not null)::integer
      into v_trips, v_ordinals, v_refused, v_absent, v_problem, v_claimed, v_skipped
      from chosen as c
      left join held as h on h.user_id = c.user_id and h.id = c.trip_request_id
      left join gate as g on g.user_id = h.user_id;

      if v_trips is not null then
        v_searches := v_searches + engine.enqueue_searches(
          v_trips, v_ordinals, v_free_from, v_every, 'tick', p_now
        );
        v_free_from := v_free_from + v_every * cardinality(v_trips);
      end if;
      exit when v_refused is null and v_absent is null;
      v_without := v_without || v_absent;
      -- To the end of the queue: they must not stand before those who may be searched
      -- for, tick after tick.
      v_reason := coalesce(v_problem, v_reason);
      update engine.trip_searches as s
      set next_look_at = p_now + interval '1 microsecond'
      from public.trip_requests as t
      where t.id = any (v_refused)
        and s.user_id = t.user_id
        and s.trip_request_id = t.id
        and s.next_look_at <= p_now;
      perform engine.schedule_trips(v_refused, p_now);
      -- Booking may be off for everybody.
      exit when v_skipped >= 1000 or cardinality(v_without) >= 100;
    end loop;

    select count(*) into v_postponed
    from public.trip_requests as t
    inner join engine.trip_searches as s
      on s.user_id = t.user_id and s.trip_request_id = t.id
    where t.auto_book_status = 'PENDING'
      and t.auto_book_enabled
      and t.next_search_at <= p_now
      and s.next_look_at <= p_now;
    if v_searches > 0 then
      perform engine.wake_sidecar();
    end if;
  end if;
  insert into engine.monitor_runs as r (
    started_at, finished_at, started_by, claimed, skipped, expired, searches, reason,
    budget, shared, postponed, free_from
  )
  values (
    p_now, clock_timestamp(), p_started_by, v_claimed, v_skipped, v_expired, v_searches,
    v_reason, v_budget, v_shared, v_postponed, v_free_from
  )
  returning r.id into v_run_id;
  perform engine.record_flag_usage();
  -- The tick that another one kept from running did nothing.
  if v_reason is distinct from 'another tick is running' then
    perform engine.beat_job('auto_book_monitor', true);
  end if;
  return v_run_id;
end;
$$;

ALTER FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: same_passengers(jsonb, jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.same_passengers(p_these jsonb, p_those jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
begin
  return array(
    select i.value ->> 'id' from jsonb_array_elements(p_these) as i order by 1
  ) = array(
    select i.value ->> 'id' from jsonb_array_elements(p_those) as i order by 1
  );
end;
$$;

ALTER FUNCTION engine.same_passengers(p_these jsonb, p_those jsonb) OWNER TO skylatch_owner;

--
-- Name: schedule_trips(uuid[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.schedule_trips(p_trips uuid[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update public.trip_requests as t
  set next_search_at = coalesce(
    (
      select min(s.next_look_at)
      from engine.trip_searches as s
      where s.user_id = t.user_id
        and s.trip_request_id = t.id
        and s.over_at > p_now
    ),
    p_now + interval '1 day'
  )
  where t.id = any (p_trips);
end;
$$;

ALTER FUNCTION engine.schedule_trips(p_trips uuid[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: search_credit(engine.travellers, integer, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_credit(p_traveller engine.travellers, p_searches_per_hour integer, p_now timestamp with time zone) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
  return least(
    p_searches_per_hour,
    coalesce(
      p_traveller.search_credit
      + greatest(extract(epoch from p_now - p_traveller.credited_at), 0)
      * p_searches_per_hour / 3600.0,
      p_searches_per_hour
    )
  );
end;
$$;

ALTER FUNCTION engine.search_credit(p_traveller engine.travellers, p_searches_per_hour integer, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: search_key(jsonb); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_key(p_request jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5((p_request)::text);

ALTER FUNCTION engine.search_key(p_request jsonb) OWNER TO skylatch_owner;

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
    offers integer,
    cheapest public.money_amount,
    currency text,
    volatility real DEFAULT 0 NOT NULL,
    next_look_at timestamp with time zone NOT NULL,
    over_at timestamp with time zone NOT NULL,
    CONSTRAINT trip_searches_counts CHECK (((searches >= 0) AND (offers >= 0) AND (volatility >= (0)::double precision))),
    CONSTRAINT trip_searches_fare CHECK (((cheapest IS NULL) = (currency IS NULL)))
);

ALTER TABLE ONLY engine.trip_searches FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.trip_searches OWNER TO skylatch_owner;

--
-- Name: search_plan(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_plan(p_trip_id uuid) RETURNS TABLE(ordinal smallint, origin text, destination text, departure_date date, return_date date, searches integer, last_searched_at timestamp with time zone, last_looked_at timestamp with time zone, next_look_at timestamp with time zone, offers integer, cheapest numeric, currency text, over_cap_percent numeric, volatility real)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT s.ordinal,
     s.origin,
     s.destination,
     s.departure_date,
     s.return_date,
     s.searches,
     s.last_searched_at,
     s.last_looked_at,
     s.next_look_at,
     s.offers,
     s.cheapest,
     s.currency,
         CASE
             WHEN (s.currency = t.currency) THEN round(((((s.cheapest)::numeric / t.max_price) - (1)::numeric) * (100)::numeric), 1)
             ELSE NULL::numeric
         END AS "case",
     s.volatility
    FROM (engine.trip_searches s
      JOIN public.trip_requests t ON (((s.user_id = t.user_id) AND (s.trip_request_id = t.id))))
   WHERE (t.id = search_plan.p_trip_id)
   ORDER BY s.next_look_at, s.ordinal;
END;

ALTER FUNCTION engine.search_plan(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: search_request(public.trip_requests, text, text, date, date); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select jsonb_build_object(
      'slices', jsonb_build_array(
        jsonb_build_object(
          'origin', p_origin,
          'destination', p_destination,
          'departure_date', p_departure_date
        )
      ) || case
        when p_return_date is null then '[]'
        else jsonb_build_array(
          jsonb_build_object(
            'origin', p_destination,
            'destination', p_origin,
            'departure_date', p_return_date
          )
        )
      end,
      'passengers', (
        select jsonb_agg(
          case
            when p.child_age is null then '{"type": "adult"}'::jsonb
            else jsonb_build_object('age', p.child_age)
          end
          order by p.child_age nulls first, p.place
        )
        from engine.trip_party(
          p_trip.user_id, p_trip.id, coalesce(p_return_date, p_departure_date)
        ) as p
      ),
      'cabin_class', p_trip.cabin_class,
      'max_connections', p_trip.max_connections
    )
  );
end;
$$;

ALTER FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) OWNER TO skylatch_owner;

--
-- Name: search_settings; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.search_settings (
    only_row boolean DEFAULT true NOT NULL,
    searches_per_minute integer DEFAULT 30 NOT NULL,
    fresh_for interval DEFAULT '00:15:00'::interval NOT NULL,
    keep_offers_for interval DEFAULT '30 days'::interval NOT NULL,
    rate_max_age interval DEFAULT '24:00:00'::interval NOT NULL,
    least_lead_time interval DEFAULT '03:00:00'::interval NOT NULL,
    CONSTRAINT search_settings_least_lead_time CHECK (((least_lead_time >= '00:00:00'::interval) AND (least_lead_time <= '7 days'::interval))),
    CONSTRAINT search_settings_only_row CHECK (only_row),
    CONSTRAINT search_settings_values CHECK ((((searches_per_minute >= 1) AND (searches_per_minute <= 100000)) AND ((fresh_for >= '00:00:00'::interval) AND (fresh_for <= '01:00:00'::interval)) AND ((keep_offers_for >= '1 day'::interval) AND (keep_offers_for <= '10 years'::interval)) AND ((rate_max_age >= '00:01:00'::interval) AND (rate_max_age <= '30 days'::interval))))
);

ALTER TABLE ONLY engine.search_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.search_settings OWNER TO skylatch_owner;

--
-- Name: search_status(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.search_status() RETURNS TABLE(searches_per_minute integer, fresh_for interval, watched_trips bigint, planned_searches bigint, due_searches bigint, waiting_calls bigint, run_id bigint, started_at timestamp with time zone, budget integer, spent integer, shared integer, postponed integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
 SELECT s.searches_per_minute,
     s.fresh_for,
     p.trips,
     p.searches,
     p.due,
     ( SELECT count(*) AS count
            FROM engine.provider_calls c
           WHERE ((c.state = 'READY'::text) AND (c.operation = 'search'::text))) AS count,
     r.id,
     r.started_at,
     r.budget,
     r.searches,
     r.shared,
     r.postponed
    FROM ((engine.search_settings s
      CROSS JOIN ( SELECT count(DISTINCT t.id) AS trips,
             count(e.ordinal) AS searches,
             count(e.ordinal) FILTER (WHERE ((t.next_search_at <= now()) AND (e.next_look_at <= now()))) AS due
            FROM (public.trip_requests t
              LEFT JOIN engine.trip_searches e ON (((t.user_id = e.user_id) AND (t.id = e.trip_request_id))))
           WHERE ((t.auto_book_status = 'PENDING'::text) AND t.auto_book_enabled)) p)
      LEFT JOIN ( SELECT m.id,
             m.started_at,
             m.finished_at,
             m.started_by,
             m.claimed,
             m.skipped,
             m.expired,
             m.searches,
             m.reason,
             m.budget,
             m.shared,
             m.postponed,
             m.free_from
            FROM engine.monitor_runs m
           ORDER BY m.id DESC
          LIMIT 20) r ON (true))
   ORDER BY r.id DESC;
END;

ALTER FUNCTION engine.search_status() OWNER TO skylatch_owner;

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
  v_again_at timestamptz;
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
  if v_trip.searches >= v_trip.max_searches then
    raise exception using
      errcode = 'SK103',
      message = 'the trip has searched as often as it may',
      detail = jsonb_build_object(
        'trip', p_trip_id,
        'searches', v_trip.searches,
        'max_searches', v_trip.max_searches
      ),
      hint = 'Pause and resume the trip to search as often again.';
  end if;
  v_again_at := engine.may_ask_again_at(v_trip, v_now);
  if v_again_at > v_now then
    raise exception using
      errcode = 'SK118',
      message = 'this was asked for a moment ago',
      detail = jsonb_build_object('trip', p_trip_id, 'again_at', v_again_at),
      hint = format(
        'Ask again at %s UTC. Until then the trip is watched as always.',
        to_char(v_again_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
      );
  end if;
  perform engine.charge_searches(
    v_trip, engine.start_searches(array[p_trip_id], v_now), v_now
  );
  select count(*) into v_searches
  from engine.provider_calls as c
  where c.user_id = v_trip.user_id
    and c.trip_request_id = p_trip_id
    and c.operation = 'search'
    and c.state in ('READY', 'CLAIMED');
  perform engine.record_flag_usage();
  perform engine.wake_sidecar();
  return v_searches;
end;
$$;

ALTER FUNCTION engine.search_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: seconds_since(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.seconds_since(p_since timestamp with time zone, p_now timestamp with time zone) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN GREATEST(COALESCE(EXTRACT(epoch FROM (p_now - p_since)), (0)::numeric), (0)::numeric);

ALTER FUNCTION engine.seconds_since(p_since timestamp with time zone, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: selected_offer_problem(public.trip_requests, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.selected_offer_problem(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_offer public.flight_offers;
  v_ineligible text[];
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.trip_request_id = p_trip.id;
  if not found then
    return 'no_longer_offered';
  end if;
  select j.ineligible into v_ineligible
  from engine.judge_offer(
    p_trip, v_offer,
    engine.offer_terms(
      p_trip, v_offer.price_currency, v_offer.passengers, v_offer.asked_on[1],
      v_offer.asked_on[cardinality(v_offer.asked_on)], 'SELECTED', p_now
    ),
    p_now
  ) as j;
  return v_ineligible[1];
end;
$$;

ALTER FUNCTION engine.selected_offer_problem(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: served_flags(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.served_flags() RETURNS TABLE(flag text, owner text, is_registered boolean, is_gate boolean, value jsonb, reason text, stops_booking boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_context constant text :=
    engine.flag_context('00000000-0000-0000-0000-000000000000');
begin
  return query
  select
    e.flag,
    e.owner,
    e.is_registered,
    e.allows is not null,
    e.answer -> 'value',
    case
      when e.answer -> 'doubt' <> 'null' then e.answer ->> 'doubt'
      else e.answer ->> 'reason'
    end,
    e.allows is not null and engine.gate_problem(e.flag, e.answer) is not null
  from (
    select
      coalesce(r.flag, d.key) as flag,
      r.owner,
      r.flag is not null as is_registered,
      r.allows,
      engine.evaluate_flag(coalesce(r.flag, d.key), v_context) as answer
    from engine.flag_register as r
    full join (
      select f.key from engine.flag_data as f
      where f.kind = 'features' and not f.deleted
    ) as d on d.key = r.flag
  ) as e
  order by e.is_registered desc, e.flag;
end;
$$;

ALTER FUNCTION engine.served_flags() OWNER TO skylatch_owner;

--
-- Name: set_exchange_rate(text, text, numeric, text, text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone DEFAULT now()) RETURNS TABLE(change_id bigint, in_force boolean, last_rate numeric)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_value text;
  v_known record;
  v_jump numeric;
  v_near boolean;
begin
  perform engine.require_size('p_base', array[p_base], 1, 100);
  perform engine.require_size('p_quote', array[p_quote], 1, 100);
  perform engine.require_size('p_source', array[p_source], 1, 2000);
  perform engine.require_size('p_rate', array[p_rate::text], 1, 100);
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'base', left(p_base, 40), exists (
      select from engine.currencies as c where c.code = p_base
    )),
    (2, 'quote', left(p_quote, 40), p_quote <> p_base and exists (
      select from engine.currencies as c where c.code = p_quote
    )),
    (3, 'rate', p_rate::text, p_rate > 0 and p_rate < 1000000000),
    (4, 'source', left(p_source, 40),
      trim(p_source) <> '' and length(p_source) <= 200),
    (5, 'as_of', p_as_of::text, p_as_of <= v_now and p_as_of > '1999-01-01')
  ) as w (place, field, value, fits)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK014',
      message = 'this is not an exchange rate',
      detail = jsonb_build_object('field', v_field, 'value', v_value),
      column = v_field,
      hint = 'Give two different ISO 4217 codes, how much of the second a unit of the '
        'first costs, where that is published, and a moment that is not in the future.';
  end if;
  perform pg_advisory_xact_lock(
    7302030, hashtext(least(p_base, p_quote) || greatest(p_base, p_quote))
  );

  select m.rate_jump into v_jump from engine.money_settings as m;
  select k.rate, k.problem into v_known
  from engine.known_rate(p_base, p_quote, v_now) as k;
  -- What the pair was in the last day, but not before a second person last confirmed
  -- it.
  with lately as (
    select c.*
    from engine.exchange_rate_changes as c
    where (c.base, c.quote) in ((p_base, p_quote), (p_quote, p_base))
      and c.action in ('SET', 'CONFIRMED')
  )

  select
    coalesce(bool_and(greatest(p_rate / n.rate, n.rate / p_rate) <= 1 + v_jump), false)
  into v_near
  from (
    select v_known.rate
    union all
    select case when c.base = p_base then c.rate else 1 / c.rate end
    from lately as c
    where c.at > v_now - interval '1 day'
      and c.id >= coalesce(
        (select max(l.id) from lately as l where l.action = 'CONFIRMED'), 0
      )
  ) as n
  -- While two sources disagree nobody decides alone which of them is right.
  where v_known.rate is not null
    and v_known.problem is distinct from 'exchange_rates_disagree';

  insert into engine.exchange_rate_changes as c (
    at, action, base, quote, as_of, rate, source, last_rate, login, actor, reason
  )
  values (
    v_now, case when v_near then 'SET' else 'HELD' end, p_base, p_quote, p_as_of,
    p_rate, p_source, v_known.rate, session_user, engine.caller(), v_reason
  )
  returning c.id, c.action = 'SET', c.last_rate
  into change_id, in_force, last_rate;
  if in_force then
    perform engine.apply_exchange_rate(change_id);
  end if;
  return next;
end;
$$;

ALTER FUNCTION engine.set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: set_kill_switch(boolean, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_actor text := engine.caller();
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  if p_engaged is null then
    raise exception using
      errcode = 'SK031',
      message = 'this is not a value of the field',
      detail = jsonb_build_object('field', 'p_engaged', 'value', null),
      column = 'p_engaged',
      hint = 'Use true to stop every new booking, or false to allow them.';
  elsif not p_engaged and not engine.acts_as('skylatch_operator') then
    raise exception using
      errcode = 'SK119',
      message = 'a stop is released by an operator',
      detail = jsonb_build_object('field', 'p_engaged', 'value', false),
      column = 'p_engaged',
      hint = 'Ask somebody with a login that is a member of skylatch_operator.';
  end if;
  insert into engine.kill_switch as k (engaged, reason, set_by, set_at)
  values (p_engaged, v_reason, v_actor, v_now)
  on conflict (only_row) do update
  set
    engaged = excluded.engaged,
    reason = excluded.reason,
    set_by = excluded.set_by,
    set_at = excluded.set_at;
  insert into engine.kill_switch_changes (at, engaged, reason, set_by)
  values (v_now, p_engaged, v_reason, v_actor);
end;
$$;

ALTER FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) OWNER TO skylatch_owner;

--
-- Name: set_money_settings(text, text, numeric, numeric, interval); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_money_settings(p_reason text, p_base_currency text DEFAULT NULL::text, p_rate_jump numeric DEFAULT NULL::numeric, p_rate_tolerance numeric DEFAULT NULL::numeric, p_in_flight_margin interval DEFAULT NULL::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_settings jsonb;
begin
  v_field := case
    when p_base_currency is not null and not exists (
      select from engine.currencies as c where c.code = p_base_currency
    ) then 'base_currency'
    when not (p_rate_jump > 0 and p_rate_jump <= 0.25) then 'rate_jump'
    when not (p_rate_tolerance >= 0 and p_rate_tolerance <= 0.10) then 'rate_tolerance'
    when not (
      p_in_flight_margin between (
        select max(o.lease) from engine.operations as o where o.marks_sent
      ) and interval '1 hour'
    ) then 'in_flight_margin'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field
        when 'base_currency' then p_base_currency
        when 'rate_jump' then p_rate_jump::text
        when 'in_flight_margin' then p_in_flight_margin::text
        else p_rate_tolerance::text
      end,
      'The base currency is an ISO 4217 code; the jump of rates is a share up to '
      '0.25, their tolerance one up to 0.10; the margin is from the lease of an order '
      'up to an hour.'
    );
  end if;
  update engine.money_settings as s
  set
    base_currency = coalesce(p_base_currency, s.base_currency),
    rate_jump = coalesce(p_rate_jump, s.rate_jump),
    rate_tolerance = coalesce(p_rate_tolerance, s.rate_tolerance),
    in_flight_margin = coalesce(p_in_flight_margin, s.in_flight_margin)
  returning to_jsonb(s) - 'only_row' into v_settings;
  insert into engine.money_settings_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;

ALTER FUNCTION engine.set_money_settings(p_reason text, p_base_currency text, p_rate_jump numeric, p_rate_tolerance numeric, p_in_flight_margin interval) OWNER TO skylatch_owner;

--
-- Name: set_search_settings(text, integer, interval, interval, interval, interval); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_search_settings(p_reason text, p_searches_per_minute integer DEFAULT NULL::integer, p_fresh_for interval DEFAULT NULL::interval, p_keep_offers_for interval DEFAULT NULL::interval, p_rate_max_age interval DEFAULT NULL::interval, p_least_lead_time interval DEFAULT NULL::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
  v_field text;
  v_value text;
  v_range text;
begin
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
  -- The table's CHECKs say the same, in their own words.
  select w.field, w.value, w.bounds into v_field, v_value, v_range
  from (
    values
    (1, 'searches_per_minute', p_searches_per_minute::text, '1 to 100000',
      p_searches_per_minute between 1 and 100000),
    (2, 'fresh_for', p_fresh_for::text, '0 to 1 hour',
      p_fresh_for between interval '0' and interval '1 hour'),
    (3, 'keep_offers_for', p_keep_offers_for::text, '1 day to 10 years',
      p_keep_offers_for between interval '1 day' and interval '10 years'),
    (4, 'rate_max_age', p_rate_max_age::text, '1 minute to 30 days',
      p_rate_max_age between interval '1 minute' and interval '30 days'),
    (5, 'least_lead_time', p_least_lead_time::text, '0 to 7 days',
      p_least_lead_time between interval '0' and interval '7 days')
  ) as w (place, field, value, bounds, fits)
  where not w.fits
  order by w.place
  limit 1;
  if found then
    perform engine.refuse_setting(v_field, v_value, format('Give %s.', v_range));
  end if;
  update engine.search_settings as s
  set
    searches_per_minute = coalesce(p_searches_per_minute, s.searches_per_minute),
    fresh_for = coalesce(p_fresh_for, s.fresh_for),
    keep_offers_for = coalesce(p_keep_offers_for, s.keep_offers_for),
    rate_max_age = coalesce(p_rate_max_age, s.rate_max_age),
    least_lead_time = coalesce(p_least_lead_time, s.least_lead_time)
  returning to_jsonb(s) - 'only_row' into v_settings;
  insert into engine.search_settings_changes (at, set_by, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;

ALTER FUNCTION engine.set_search_settings(p_reason text, p_searches_per_minute integer, p_fresh_for interval, p_keep_offers_for interval, p_rate_max_age interval, p_least_lead_time interval) OWNER TO skylatch_owner;

--
-- Name: set_spending_ceiling(text, text, numeric, text, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_spending_ceiling(p_subject text, p_period text, p_amount numeric, p_reason text, p_user_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_field text;
begin
  v_field := case
    when p_subject in ('installation', 'everybody', 'traveller') is not true
      then 'subject'
    when p_period in ('price', 'day', 'month', 'total') is not true then 'period'
    when (p_subject = 'traveller') <> (p_user_id is not null)
      or p_user_id is not null
      and not exists (select from auth.users as u where u.id = p_user_id) then 'user_id'
    when (p_amount >= 0 and p_amount < 1000000000000 and scale(p_amount) <= 3) is not true
      then 'amount'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field
        when 'subject' then p_subject
        when 'period' then p_period
        when 'user_id' then p_user_id::text
        else p_amount::text
      end,
      'A ceiling is of installation, everybody or a traveller who is named; for a '
      'price, a day, a month or in total; and an amount of the base currency.'
    );
  end if;
  insert into engine.spending_ceilings as c (subject, user_id, period, amount, currency)
  values (p_subject, p_user_id, p_period, p_amount, v_base)
  on conflict on constraint spending_ceilings_user_id_key do update
  set amount = excluded.amount, currency = excluded.currency;
  insert into engine.spending_ceiling_changes (
    at, actor, reason, subject, user_id, period, amount, currency
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_subject, p_user_id, p_period,
    p_amount, v_base
  );
end;
$$;

ALTER FUNCTION engine.set_spending_ceiling(p_subject text, p_period text, p_amount numeric, p_reason text, p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: set_trace_settings(text, numeric); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_trace_settings(p_reason text, p_ratio numeric) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
begin
  if (p_ratio >= 0 and p_ratio <= 1) is not true then
    perform engine.refuse_setting(
      'ratio', p_ratio::text, 'Give the share of traces to export, from 0 to 1.'
    );
  end if;
  update engine.trace_settings as s
  set ratio = p_ratio
  returning jsonb_build_object('ratio', s.ratio) into v_settings;
  insert into engine.trace_settings_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;

ALTER FUNCTION engine.set_trace_settings(p_reason text, p_ratio numeric) OWNER TO skylatch_owner;

--
-- Name: set_traveller_limits(text, integer, integer, interval, integer, integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.set_traveller_limits(p_reason text, p_open_trips integer DEFAULT NULL::integer, p_profiles integer DEFAULT NULL::integer, p_search_pause interval DEFAULT NULL::interval, p_searches_per_hour integer DEFAULT NULL::integer, p_failed_bookings_per_hour integer DEFAULT NULL::integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_limits jsonb;
  v_field text;
  v_value text;
  v_range text;
begin
  -- The table's CHECKs say the same, in their own words.
  select w.field, w.value, w.bounds into v_field, v_value, v_range
  from (
    values
    (1, 'open_trips', p_open_trips::text, '1 to 1000000',
      p_open_trips between 1 and 1000000),
    (2, 'profiles', p_profiles::text, '1 to 1000000', p_profiles between 1 and 1000000),
    (3, 'search_pause', p_search_pause::text, '0 to 1 day',
      p_search_pause between interval '0' and interval '1 day'),
    (4, 'searches_per_hour', p_searches_per_hour::text, '1 to 1000000',
      p_searches_per_hour between 1 and 1000000),
    (5, 'failed_bookings_per_hour', p_failed_bookings_per_hour::text, '1 to 1000000',
      p_failed_bookings_per_hour between 1 and 1000000)
  ) as w (place, field, value, bounds, fits)
  where not w.fits
  order by w.place
  limit 1;
  if found then
    perform engine.refuse_setting(v_field, v_value, format('Give %s.', v_range));
  end if;
  update engine.traveller_limits as l
  set
    open_trips = coalesce(p_open_trips, l.open_trips),
    profiles = coalesce(p_profiles, l.profiles),
    search_pause = coalesce(p_search_pause, l.search_pause),
    searches_per_hour = coalesce(p_searches_per_hour, l.searches_per_hour),
    failed_bookings_per_hour = coalesce(
      p_failed_bookings_per_hour, l.failed_bookings_per_hour
    )
  returning to_jsonb(l) - 'only_row' into v_limits;
  insert into engine.traveller_limit_changes (at, set_by, reason, limits)
  values (clock_timestamp(), engine.caller(), v_reason, v_limits);
  return v_limits;
end;
$$;

ALTER FUNCTION engine.set_traveller_limits(p_reason text, p_open_trips integer, p_profiles integer, p_search_pause interval, p_searches_per_hour integer, p_failed_bookings_per_hour integer) OWNER TO skylatch_owner;

--
-- Name: settle_call(engine.call_report, boolean, text, timestamp with time zone, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.settle_call(p_report engine.call_report, p_recovered boolean, p_actor text, p_now timestamp with time zone, p_hand_to text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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

ALTER FUNCTION engine.settle_call(p_report engine.call_report, p_recovered boolean, p_actor text, p_now timestamp with time zone, p_hand_to text) OWNER TO skylatch_owner;

--
-- Name: share_looks(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.share_looks(p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_trips uuid[];
  v_shared integer;
begin
  with seen as materialized (
    select
      s.user_id,
      s.trip_request_id,
      s.ordinal,
      k.looked_at,
      k.offers,
      k.cheapest,
      k.currency,
      t.max_price,
      k.offers = 0 or k.cheapest > t.max_price as above,
      engine.next_volatility(
        s.volatility, case when s.currency = k.currency then s.cheapest end, k.cheapest
      ) as volatility
    from engine.fare_looks as k
    inner join engine.trip_searches as s on s.search_key = k.search_key
    inner join public.trip_requests as t
      on t.user_id = s.user_id and t.id = s.trip_request_id
    where k.looked_at > p_now - (select c.fresh_for from engine.search_settings as c)
      and (k.offers = 0 or k.currency = t.currency)
      and coalesce(s.last_looked_at, '-infinity') < k.looked_at
      and coalesce(s.last_searched_at, '-infinity') < k.looked_at
      and t.auto_book_status = 'PENDING'
      and t.auto_book_enabled
      and t.next_search_at <= s.next_look_at
      -- A fare that fits is told once.
      and (
        k.offers = 0
        or k.cheapest > t.max_price
        or s.next_look_at > p_now
        or s.cheapest is distinct from k.cheapest
      )
    order by t.id
    for no key update of t skip locked
  ),

  told as (
    update engine.trip_searches as s
    set
      last_looked_at = case when n.above then n.looked_at else s.last_looked_at end,
      offers = n.offers,
      cheapest = n.cheapest,
      currency = n.currency,
      volatility = n.volatility,
      next_look_at = case
        when n.above then n.looked_at + engine.look_interval(
          s.departure_date, n.cheapest, n.max_price, n.volatility, n.looked_at
        )
        else least(s.next_look_at, p_now)
      end
    from seen as n
    where s.user_id = n.user_id
      and s.trip_request_id = n.trip_request_id
      and s.ordinal = n.ordinal
    returning s.trip_request_id, n.above
  )

  select array_agg(distinct t.trip_request_id), count(*) filter (where t.above)
  into v_trips, v_shared
  from told as t;
  if v_trips is not null then
    perform engine.schedule_trips(v_trips, p_now);
    update public.trip_requests as t
    set status_reason = 'A search of these flights a moment ago found nothing within '
      'your limit.'
    where t.id = any (v_trips)
      and t.status_reason is null
      and t.next_search_at > p_now;
  end if;
  return v_shared;
end;
$$;

ALTER FUNCTION engine.share_looks(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: silent_workers(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.silent_workers(p_now timestamp with time zone) RETURNS TABLE(worker text, version text, seen_at timestamp with time zone, is_alone boolean)
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_others boolean := exists (
    select from engine.workers as w where engine.is_beating(w.seen_at, p_now)
  );
begin
  return query
  select w.worker, w.version, w.seen_at, not v_others
  from engine.workers as w
  where not engine.is_beating(w.seen_at, p_now)
    and w.seen_at > p_now - interval '1 hour'
    and not exists (
      select from engine.workers as n
      where split_part(n.worker, ':', 1) = split_part(w.worker, ':', 1)
        and n.started_at > w.seen_at
        and engine.is_beating(n.seen_at, p_now)
    );
end;
$$;

ALTER FUNCTION engine.silent_workers(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: size_limits(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.size_limits() RETURNS TABLE(relation text, field text, elements integer, bytes integer)
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT v.relation,
     v.field,
     v.elements,
     v.bytes
    FROM ( VALUES ('trip_requests'::text,'origins'::text,100,100), ('trip_requests'::text,'destinations'::text,100,100), ('trip_requests'::text,'cabin_class'::text,1,100), ('trip_requests'::text,'max_price'::text,1,100), ('trip_requests'::text,'currency'::text,1,100), ('trip_requests'::text,'preferred_airlines'::text,100,100), ('trip_requests'::text,'airlines_only'::text,100,100), ('trip_requests'::text,'airlines_never'::text,100,100), ('trip_requests'::text,'alliances'::text,100,100), ('trip_requests'::text,'consent_text_version'::text,1,100), ('trip_requests'::text,'max_emissions_kg'::text,1,100), ('trip_requests'::text,'price_weight'::text,1,100), ('trip_requests'::text,'duration_weight'::text,1,100), ('trip_requests'::text,'connections_weight'::text,1,100), ('trip_requests'::text,'airline_weight'::text,1,100), ('traveler_profiles'::text,'given_name'::text,1,100), ('traveler_profiles'::text,'family_name'::text,1,100), ('traveler_profiles'::text,'title'::text,1,100), ('traveler_profiles'::text,'gender'::text,1,100), ('traveler_profiles'::text,'email'::text,1,320), ('traveler_profiles'::text,'phone_number'::text,1,100), ('payment_methods'::text,'stripe_customer_id'::text,1,255), ('payment_methods'::text,'stripe_payment_method_id'::text,1,255), ('payment_methods'::text,'brand'::text,1,100), ('payment_methods'::text,'last4'::text,1,100), ('spending_limits'::text,'currency'::text,1,100), ('spending_limits'::text,'period'::text,1,100), ('spending_limits'::text,'amount'::text,1,100)) v(relation, field, elements, bytes);
END;

ALTER FUNCTION engine.size_limits() OWNER TO skylatch_owner;

--
-- Name: spending_problem(uuid, text, numeric, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.spending_problem(p_user_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select
      format(
        'It would take you over your limit of %s %s: %s is spent or on its way.',
        engine.format_money(l.amount, l.currency),
        case l.period when 'total' then 'in total' else 'a ' || l.period end,
        engine.format_money(s.spent, l.currency)
      )
    from public.spending_limits as l
    cross join lateral (
      select
        coalesce(
          sum(
            a.agreed_amount
            - case when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0) end
          ), 0
        ) as spent
      from public.booking_attempts as a
      where a.user_id = l.user_id
        and a.currency = l.currency
        and (
          a.status = 'PENDING'
          or a.status = 'SUCCESS'
          and (
            l.period = 'total'
            or a.ended_at >= date_trunc(l.period, p_now at time zone 'UTC')
            at time zone 'UTC'
          )
        )
    ) as s
    where l.user_id = p_user_id
      and l.currency = p_currency
      and s.spent + p_amount > l.amount
    order by l.period
    limit 1
  );
end;
$$;

ALTER FUNCTION engine.spending_problem(p_user_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: spent_in_base(uuid, timestamp with time zone, uuid, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.spent_in_base(p_user_id uuid, p_since timestamp with time zone, p_attempt_id uuid, p_now timestamp with time zone) RETURNS numeric
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_spent numeric := 0;
  v_part record;
begin
  for v_part in
    select s.currency, sum(s.amount) as amount
    from (
      select a.currency, a.agreed_amount as amount
      from public.booking_attempts as a
      where a.status = 'PENDING'
        and (p_user_id is null or a.user_id = p_user_id)
        and (
          p_attempt_id is null
          or a.id <> p_attempt_id
          and (
            p_user_id is not null
            or a.order_id is not null
            or exists (
              select from engine.provider_calls as c
              where c.user_id = a.user_id
                and c.booking_attempt_id = a.id
                and c.operation = 'create_order'
                and c.sent_at is not null
            )
          )
        )
      union all
      select
        a.currency,
        a.agreed_amount
        - case when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0) end
      from public.booking_attempts as a
      where a.status = 'SUCCESS'
        and a.ended_at >= p_since
        and (p_user_id is null or a.user_id = p_user_id)
    ) as s
    group by s.currency
  loop
    v_spent := v_spent + engine.in_base_currency(
      v_part.amount, v_part.currency, false, p_now
    );
  end loop;
  return v_spent;
end;
$$;

ALTER FUNCTION engine.spent_in_base(p_user_id uuid, p_since timestamp with time zone, p_attempt_id uuid, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: stand_in(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.stand_in(p_job text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- 'stand_in' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302028, hashtext(p_job)) then
    return false;
  elsif not exists (
    select from engine.job_states(clock_timestamp()) as s
    where s.job = p_job and s.is_due
  ) then
    return false;
  end if;
  case p_job
    when 'auto_book_monitor' then
      perform engine.run_monitor('sidecar', clock_timestamp());
    when 'recover' then
      perform engine.recover();
    when 'watch_invariants' then
      perform engine.watch_invariants();
    when 'purge' then
      perform engine.purge();
    else
      raise exception using
        errcode = 'SK310',
        message = 'nobody knows how to stand in for this job',
        detail = jsonb_build_object('job', p_job),
        hint = 'Add it to engine.stand_in, or say in engine.jobs that nobody stands in.';
  end case;
  return true;
end;
$$;

ALTER FUNCTION engine.stand_in(p_job text) OWNER TO skylatch_owner;

--
-- Name: start_scan(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.start_scan(p_scan text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_since timestamptz := coalesce(
    (select s.scanned_to from engine.scans as s where s.scan = p_scan),
    (select h.confirmed_at from engine.history as h),
    (select min(a.started_at) from public.booking_attempts as a),
    p_now
  ) - interval '6 hours';
begin
  return engine.enqueue_look(
    'scan_' || p_scan, p_scan,
    jsonb_build_object(
      'created_after', engine.list_time(
        case p_scan when 'orders' then 'duffel' else 'stripe' end, v_since
      ),
      'history', engine.present_history()
    ),
    null, p_now
  );
end;
$$;

ALTER FUNCTION engine.start_scan(p_scan text, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: start_scans(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.start_scans(p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_is_confirmed boolean := engine.history_is_confirmed(p_now);
  v_history text := engine.present_history();
begin
  if (
    not v_is_confirmed
    or exists (
      select from (values ('orders'), ('payments')) as d (scan)
      left join engine.scans as s on d.scan = s.scan
      left join engine.history as h on true
      where coalesce(s.finished_at, h.confirmed_at, '-infinity')
        < p_now - interval '1 hour'
    )
  )
  and not exists (
    select from engine.provider_calls as c
    where c.operation in ('scan_orders', 'scan_payments')
      and c.state in ('READY', 'CLAIMED')
      and c.payload ->> 'history' = v_history
  )
  then
    perform engine.start_scan('orders', greatest(p_now, engine.history_settles_at()));
    perform engine.wake_sidecar();
  end if;
end;
$$;

ALTER FUNCTION engine.start_scans(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: start_searches(uuid[], timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  v_trips uuid[];
  v_ordinals smallint[];
begin
  -- From scratch: dates may be over, and a trip may be older than plans are.
  perform engine.plan_trips(p_trips, p_now);
  select
    array_agg(p.trip_request_id order by p.trip_request_id, p.ordinal),
    array_agg(p.ordinal order by p.trip_request_id, p.ordinal)
  into v_trips, v_ordinals
  from public.trip_requests as t
  cross join lateral (
    select s.trip_request_id, s.ordinal
    from engine.trip_searches as s
    where s.user_id = t.user_id
      and s.trip_request_id = t.id
      and not exists (
        select from engine.provider_calls as c
        where c.user_id = t.user_id
          and c.trip_request_id = t.id
          and c.operation = 'search'
          and (c.state = 'CLAIMED' or c.state = 'READY' and c.run_at <= p_now)
          and c.payload ->> 'search_key' = s.search_key
          and (c.payload ->> 'round')::integer = t.search_round
      )
    order by s.ordinal
    limit greatest(t.max_searches - t.searches, 0)
  ) as p
  where t.id = any (p_trips);
  if v_trips is null then
    return 0;
  end if;
  return engine.enqueue_searches(
    v_trips, v_ordinals, p_now, '0', 'request', p_now
  );
end;
$$;

ALTER FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: store_live_offer(public.booking_attempts, jsonb, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.store_live_offer(p_attempt public.booking_attempts, p_offer jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update public.flight_offers as o
  set
    passengers = r.passengers,
    price_amount = r.price_amount,
    price_currency = r.price_currency,
    base_amount = r.base_amount,
    base_currency = r.base_currency,
    tax_amount = r.tax_amount,
    tax_currency = r.tax_currency,
    expires_at = r.expires_at,
    airline = r.airline,
    carriers = r.carriers,
    lowest_cabin = r.lowest_cabin,
    duration = r.duration,
    duration_gap = r.duration_gap,
    longest_slice = r.longest_slice,
    connections = r.connections,
    most_connections = r.most_connections,
    technical_stops = r.technical_stops,
    departs_at = r.departs_at,
    arrives_at = r.arrives_at,
    departs_local = r.departs_local,
    arrives_local = r.arrives_local,
    shortest_layover = r.shortest_layover,
    longest_layover = r.longest_layover,
    airport_changes = r.airport_changes,
    overnight_layovers = r.overnight_layovers,
    red_eyes = r.red_eyes,
    carry_on_bags = r.carry_on_bags,
    checked_bags = r.checked_bags,
    refundable = r.refundable,
    refund_penalty = r.refund_penalty,
    refund_penalty_currency = r.refund_penalty_currency,
    changeable = r.changeable,
    change_penalty = r.change_penalty,
    change_penalty_currency = r.change_penalty_currency,
    emissions_kg = r.emissions_kg,
    documents_required = r.documents_required,
    document_types = r.document_types,
    requires_instant_payment = r.requires_instant_payment,
    price_guaranteed_until = r.price_guaranteed_until,
    payment_required_by = r.payment_required_by,
    itinerary_key = r.itinerary_key,
    itinerary = r.itinerary,
    read_live_at = p_now,
    updated_at = p_now
  from engine.read_offers(jsonb_build_array(p_offer)) as r
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.offer_id = r.offer_id
    and r.problem is null
    and engine.same_passengers(o.passengers, r.passengers);
end;
$$;

ALTER FUNCTION engine.store_live_offer(p_attempt public.booking_attempts, p_offer jsonb, p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: stripe_amount(numeric, text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return (
    select (p_amount * c.stripe_factor)::bigint
    from engine.currencies as c
    where c.code = p_currency
      and p_amount > 0
      and p_amount * c.stripe_factor % c.stripe_step = 0
  );
end;
$$;

ALTER FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) OWNER TO skylatch_owner;

--
-- Name: counter_parts; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.counter_parts (
    id bigint NOT NULL,
    counter text NOT NULL,
    labels jsonb NOT NULL,
    value numeric NOT NULL,
    CONSTRAINT counter_parts_value CHECK ((value >= (0)::numeric))
);

ALTER TABLE ONLY engine.counter_parts FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.counter_parts OWNER TO skylatch_owner;

--
-- Name: counters; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.counters (
    counter text NOT NULL,
    labels jsonb NOT NULL,
    value numeric NOT NULL,
    CONSTRAINT counters_value CHECK ((value >= (0)::numeric))
);

ALTER TABLE ONLY engine.counters FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.counters OWNER TO skylatch_owner;

--
-- Name: sum_counters(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.sum_counters() RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 WITH taken AS (
          DELETE FROM engine.counter_parts AS p
           RETURNING p.counter,
             p.labels,
             p.value
         )
  INSERT INTO engine.counters AS c (counter, labels, value)  SELECT t.counter,
             t.labels,
             sum(t.value) AS sum
            FROM taken t
           GROUP BY t.counter, t.labels
           ORDER BY t.counter, t.labels ON CONFLICT(counter, labels) DO UPDATE SET value = (c.value + excluded.value);
END;

ALTER FUNCTION engine.sum_counters() OWNER TO skylatch_owner;

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
    awaits_history boolean DEFAULT false NOT NULL,
    CONSTRAINT operations_breaks_after CHECK ((breaks_after > 0)),
    CONSTRAINT operations_max_tries CHECK (((max_tries >= 1) AND (max_tries <= 100))),
    CONSTRAINT operations_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text])))
);

ALTER TABLE ONLY engine.operations FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.operations OWNER TO skylatch_owner;

--
-- Name: sweep_events(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.sweep_events(p_now timestamp with time zone) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT engine.enqueue_look(w.operation, 'account'::text, jsonb_strip_nulls(jsonb_build_object('created_after', engine.list_time(w.provider, (w.since - LEAST(w.width, '00:30:00'::interval))), 'created_before',
         CASE
             WHEN ((w.since + w.width) < sweep_events.p_now) THEN engine.list_time(w.provider, (w.since + w.width))
             ELSE NULL::jsonb
         END, 'width',
         CASE
             WHEN ((w.since + w.width) < sweep_events.p_now) THEN EXTRACT(epoch FROM w.width)
             ELSE NULL::numeric
         END)), NULL::public.booking_attempts, sweep_events.p_now) AS enqueue_look
    FROM ( SELECT o.operation,
             o.provider,
             f.since,
                 CASE
                     WHEN (c.verdict <> 'OK'::text) THEN GREATEST((COALESCE(f.last_width, (sweep_events.p_now - f.since)) / (2)::double precision), '00:00:10'::interval)
                     ELSE (f.last_width * (2)::double precision)
                 END AS width
            FROM (((engine.operations o
              LEFT JOIN engine.scans s ON ((((o.provider = 'duffel'::text) AND (s.scan = 'order_events'::text)) OR ((o.provider = 'stripe'::text) AND (s.scan = 'payment_events'::text)))))
              LEFT JOIN engine.provider_calls c ON ((format('look:%s:%s'::text, o.operation, md5('account'::text)) = c.idempotency_key)))
              CROSS JOIN LATERAL ( SELECT COALESCE(s.scanned_to, sweep_events.p_now) AS since,
                     make_interval(secs => ((c.payload ->> 'width'::text))::double precision) AS last_width) f)
           WHERE ((o.operation = ANY (ARRAY['sweep_order_events'::text, 'sweep_payment_events'::text])) AND COALESCE((c.finished_at <= (sweep_events.p_now -
                 CASE
                     WHEN ((c.verdict = 'OK'::text) AND (NOT (c.payload ? 'width'::text))) THEN '00:10:00'::interval
                     ELSE '00:00:30'::interval
                 END)), (c.id IS NULL)))) w;
END;

ALTER FUNCTION engine.sweep_events(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: switch_metrics(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.switch_metrics(p_now timestamp with time zone) RETURNS TABLE(name text, labels jsonb, value numeric)
    LANGUAGE plpgsql
    AS $$
declare
  c_nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  v_context text := engine.flag_context(c_nobody);
begin
  perform engine.record_flag_usage();
  return query
  select
    'skylatch_booking_on', '{}'::jsonb,
    (engine.flag_problem(c_nobody, p_now) is null)::integer::numeric
  union all
  select
    'skylatch_flag_served', jsonb_build_object('flag', f.value),
    case engine.evaluate_flag(f.value, v_context) -> 'value'
      when 'true' then 1
      when 'false' then 0
      else -1
    end
  from engine.metric_labels() as f
  where f.label = 'flag'
  union all
  -- Without its row it is engaged, as flag_problem has it.
  select
    'skylatch_kill_switch', '{}',
    coalesce((select k.engaged from engine.kill_switch as k), true)::integer
  union all
  select m.name, '{}', m.value
  from (select 1) as one
  left join engine.flag_sync as s on true
  cross join lateral (
    values
    ('skylatch_flags_generation', coalesce(s.generation, 0)::numeric),
    ('skylatch_flags_age_seconds', engine.seconds_since(s.heartbeat_at, p_now)),
    (
      'skylatch_flags_stale',
      (
        s.initialized is distinct from true
        or engine.is_recent(s.heartbeat_at, s.stale_after, p_now) is not true
      )::integer
    )
  ) as m (name, value)
  union all
  select
    'skylatch_history_confirmed', '{}',
    (engine.history_problem() is null)::integer;
  perform engine.take_flag_usage();
end;
$$;

ALTER FUNCTION engine.switch_metrics(p_now timestamp with time zone) OWNER TO skylatch_owner;

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
  runtime = GD.get("skylatch_flags_3")
  return runtime and runtime.take_usage()
$$;

ALTER FUNCTION engine.take_flag_usage() OWNER TO skylatch_owner;

--
-- Name: take_spans(integer); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.take_spans(p_limit integer) RETURNS TABLE(trace_id uuid, span_id bigint, parent_id bigint, name text, started_at timestamp with time zone, ended_at timestamp with time zone, attributes jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.trace_settings as s
  set exporter_seen_at = v_now
  from (
    select f.only_row
    from engine.trace_settings as f
    where coalesce(f.exporter_seen_at, '-infinity') not between
      v_now - interval '20 seconds' and v_now
    for no key update skip locked
  ) as free
  where s.only_row = free.only_row;
  return query
  delete from engine.spans as s
  where s.id = any (array(
    select f.id
    from engine.spans as f
    order by f.id
    limit least(p_limit, 5000)
    for update skip locked
  ))
  returning
    s.trace_id, s.span_id, s.parent_id, s.name, s.started_at, s.ended_at, s.attributes;
end;
$$;

ALTER FUNCTION engine.take_spans(p_limit integer) OWNER TO skylatch_owner;

--
-- Name: take_trip(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.take_trip(p_user_id uuid, p_trip_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  perform from public.trip_requests as t
  where t.user_id = p_user_id and t.id = p_trip_id
  for no key update skip locked;
  if not found and exists (
    select from public.trip_requests as t
    where t.user_id = p_user_id and t.id = p_trip_id
  ) then
    raise exception using
      errcode = 'SK308',
      message = 'the trip is held by another transaction',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Nothing is wrong with what was to be done: it is tried again.';
  end if;
end;
$$;

ALTER FUNCTION engine.take_trip(p_user_id uuid, p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: tick(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.tick() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if session_user = 'skylatch_cron' and exists (
    select from engine.job_beats as b
    where b.job = 'auto_book_monitor' and b.stopped_at is not null
  ) then
    return null;
  end if;
  return engine.run_monitor(engine.caller(), clock_timestamp());
end;
$$;

ALTER FUNCTION engine.tick() OWNER TO skylatch_owner;

--
-- Name: told_times(timestamp with time zone, timestamp with time zone, text, text, interval); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.told_times(p_departs_at timestamp with time zone, p_arrives_at timestamp with time zone, p_origin_zone text, p_destination_zone text, p_duration interval) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
  v_departs timestamptz := engine.earlier_reading(p_departs_at, p_origin_zone);
  v_arrives timestamptz := engine.earlier_reading(p_arrives_at, p_destination_zone);
begin
  return case p_duration
    when p_arrives_at - p_departs_at then array[p_departs_at, p_arrives_at]
    when p_arrives_at - v_departs then array[v_departs, p_arrives_at]
    when v_arrives - p_departs_at then array[p_departs_at, v_arrives]
    when v_arrives - v_departs then array[v_departs, v_arrives]
  end;
end;
$$;

ALTER FUNCTION engine.told_times(p_departs_at timestamp with time zone, p_arrives_at timestamp with time zone, p_origin_zone text, p_destination_zone text, p_duration interval) OWNER TO skylatch_owner;

--
-- Name: trace_ratio(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.trace_ratio(p_now timestamp with time zone) RETURNS double precision
    LANGUAGE plpgsql STABLE
    AS $$
declare
  v_ratio double precision;
begin
  select s.ratio into v_ratio
  from engine.trace_settings as s
  where s.exporter_seen_at > p_now - interval '2 minutes';
  return coalesce(v_ratio, 0);
end;
$$;

ALTER FUNCTION engine.trace_ratio(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: trace_story(uuid); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.trace_story(p_id uuid) RETURNS TABLE(at timestamp with time zone, trace_id text, attempt_no integer, is_call boolean, what text, actor text, told text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip public.trip_requests;
  v_attempt public.booking_attempts;
  -- Null: of the whole trip.
  v_trace_id uuid;
begin
  select t.* into v_trip from public.trip_requests as t where t.id = p_id;
  if not found then
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.id = p_id or a.trace_id = p_id;
    v_trace_id := coalesce(v_attempt.trace_id, v_attempt.id);
    select t.* into v_trip
    from public.trip_requests as t
    where t.user_id = v_attempt.user_id and t.id = v_attempt.trip_request_id;
  end if;
  if v_trip.id is null then
    v_trace_id := p_id;
    select t.* into v_trip
    from engine.provider_calls as c
    inner join public.trip_requests as t
      on t.user_id = c.user_id and t.id = c.trip_request_id
    where c.trace_id = p_id
    limit 1;
  end if;
  return query
  select
    e.at,
    e.correlation_id,
    a.attempt_no,
    false,
    coalesce(e.detail ->> 'cause', e.correlation_id),
    e.actor,
    concat_ws(' ', e.from_state || ' →', e.to_state, e.reason)
  from engine.booking_events as e
  left join public.booking_attempts as a
    on a.user_id = e.user_id and a.id = e.booking_attempt_id
  where e.user_id = v_trip.user_id
    and e.trip_request_id = v_trip.id
    and (v_trace_id is null or e.correlation_id = engine.trace_hex(v_trace_id))
  union all
  select
    coalesce(c.finished_at, c.claimed_at, c.created_at),
    engine.trace_hex(c.trace_id),
    a.attempt_no,
    true,
    'call:' || c.id,
    c.worker,
    concat_ws(
      ' ', c.operation, lower(c.state collate "C"), lower(c.verdict collate "C"),
      c.http_status::text, nullif(c.error_code, 'ok'), c.request_id
    ) || format(', tries: %s', c.tries)
  from engine.provider_calls as c
  left join public.booking_attempts as a
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where c.user_id = v_trip.user_id
    and c.trip_request_id = v_trip.id
    and (v_trace_id is null or coalesce(c.trace_id, c.booking_attempt_id) = v_trace_id)
  order by 1, 5, 4;
end;
$$;

ALTER FUNCTION engine.trace_story(p_id uuid) OWNER TO skylatch_owner;

--
-- Name: traceparent(uuid, boolean, bigint); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.traceparent(p_trace_id uuid, p_is_sampled boolean, p_span_id bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((('00-'::text || engine.trace_hex(p_trace_id)) || '-'::text) || lpad(to_hex(p_span_id), 16, '0'::text)) || CASE WHEN p_is_sampled THEN '-01'::text ELSE '-00'::text END);

ALTER FUNCTION engine.traceparent(p_trace_id uuid, p_is_sampled boolean, p_span_id bigint) OWNER TO skylatch_owner;

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
             (EXTRACT(year FROM age((trip_party.p_last_day)::timestamp without time zone, (f.born_on)::timestamp without time zone)))::integer AS age
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
-- Name: try_uuid(text); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.try_uuid(p_text text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (p_text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text) THEN (p_text)::uuid ELSE NULL::uuid END;

ALTER FUNCTION engine.try_uuid(p_text text) OWNER TO skylatch_owner;

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
-- Name: wait_less(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.wait_less() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform set_config(
    'lock_timeout',
    greatest(
      extract(epoch from current_setting('lock_timeout')::interval) * 500, 1
    )::integer || 'ms',
    true
  );
end;
$$;

ALTER FUNCTION engine.wait_less() OWNER TO skylatch_owner;

--
-- Name: waiting_exchange_rates(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.waiting_exchange_rates() RETURNS TABLE(change_id bigint, base text, quote text, rate numeric, last_rate numeric, source text, as_of timestamp with time zone, given_by text, reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select c.id, c.base, c.quote, c.rate, c.last_rate, c.source, c.as_of, c.actor, c.reason
  from engine.exchange_rate_changes as c
  cross join engine.search_settings as s
  where c.action = 'HELD'
    and c.as_of >= clock_timestamp() - s.rate_max_age
    and not exists (
      select from engine.exchange_rate_changes as o where o.confirms = c.id
    )
    and not exists (
      select from engine.exchange_rates as r
      where r.base = c.base
        and r.quote = c.quote
        and r.source = c.source
        and r.as_of > c.as_of
    )
  order by c.id;
end;
$$;

ALTER FUNCTION engine.waiting_exchange_rates() OWNER TO skylatch_owner;

--
-- Name: wake_sidecar(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.wake_sidecar() RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_url text;
begin
  perform engine.ring('skylatch_calls');
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
-- Name: watch_alerts(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.watch_alerts() RETURNS TABLE(kind text, subject text, since timestamp with time zone, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select a.kind, a.subject, a.since, a.detail from engine.open_alerts() as a
  union all
  select
    'WORKER_SILENT', s.worker, s.seen_at,
    'this sidecar does not beat and did not take leave; others work on'
  from engine.silent_workers(v_now) as s
  where not s.is_alone
  union all
  select
    'SIDECARS_SILENT', 'sidecars',
    coalesce(
      max(w.seen_at), (select max(b.last_succeeded_at) from engine.job_beats as b), v_now
    ),
    'no sidecar beats: nothing is searched, booked, paid or looked up'
  from engine.workers as w
  having count(*) filter (where engine.is_beating(w.seen_at, v_now)) = 0;
end;
$$;

ALTER FUNCTION engine.watch_alerts() OWNER TO skylatch_owner;

--
-- Name: watch_invariants(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.watch_invariants() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '250ms'
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
    perform engine.beat_job('watch_invariants', false);
    return null;
  elsif v_last.checked_to is not null then
    v_since := v_last.checked_to - interval '5 minutes';
    if date_bin('10 minutes', v_last.checked_at, 'epoch')
      < date_bin('10 minutes', v_now, 'epoch')
    then
      select least(v_since, greatest(min(v.since), v_now - interval '1 day'))
      into v_since
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
    first_seen_at = case
      when v.gone_at is null then v.first_seen_at else excluded.first_seen_at
    end,
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
    perform engine.ring('skylatch_alerts');
  end if;
  -- Without its attempt: nobody is asked for evidence by thousands of them at once.
  perform engine.open_case(
    'INVARIANT', v.invariant || ': ' || v.subject, null::public.booking_attempts,
    v.detail, '{}', v_now
  )
  from engine.invariant_violations as v
  where v.gone_at is null
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'INVARIANT'
        and r.object_id = v.invariant || ': ' || v.subject
        and r.opened_at >= v.first_seen_at
    )
    -- The scan has opened one.
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'DOUBLE_BOOKING'
        and r.object_id = v.subject
        and r.resolved_at is null
    );
  perform engine.close_case(r.kind, r.object_id, 'watch', 'it holds again', v_now)
  from engine.review_cases as r
  where r.kind = 'INVARIANT'
    and r.resolved_at is null
    and not exists (
      select from engine.invariant_violations as v
      where v.gone_at is null and v.invariant || ': ' || v.subject = r.object_id
    );

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
    begin
      perform engine.open_case(
        'AUTHORIZATION_LAPSING', v_attempt.id::text, v_attempt,
        format(
          '%s, and the card authorization lapses at %s', v_attempt.state,
          to_char(v_attempt.capture_before at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
        ),
        '{}', v_now
      );
    exception when lock_not_available then
      perform engine.wait_less();
      raise warning 'no case of attempt % (trace %) yet: its trip is held',
        v_attempt.id, engine.trace_hex(coalesce(v_attempt.trace_id, v_attempt.id));
    end;
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
  perform engine.beat_job('watch_invariants', true);
  return v_present;
end;
$$;

ALTER FUNCTION engine.watch_invariants() OWNER TO skylatch_owner;

--
-- Name: watch_metrics(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.watch_metrics(p_now timestamp with time zone) RETURNS TABLE(name text, labels jsonb, value numeric)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  with open_now as materialized (
    select a.kind, a.subject, a.since from engine.open_alerts() as a
  ),

  jobs as materialized (
    select s.* from engine.job_states(p_now) as s
  ),

  last_tick as materialized (
    select r.budget, r.searches, r.postponed
    from engine.monitor_runs as r
    where r.reason is distinct from 'another tick is running'
    order by r.id desc
    limit 1
  )

  select m.name, jsonb_build_object('kind', k.value), m.value::numeric
  from engine.metric_labels() as k
  left join (
    select o.kind, count(*) as alerts, min(o.since) as since
    from open_now as o
    group by o.kind
  ) as a on a.kind = k.value
  cross join lateral (
    values
    ('skylatch_alerts', coalesce(a.alerts, 0)),
    ('skylatch_alerts_oldest_seconds', engine.seconds_since(a.since, p_now))
  ) as m (name, value)
  where k.label = 'alert'
  union all
  select
    'skylatch_breaker_open', jsonb_build_object('operation', o.operation),
    exists (
      select from open_now as a
      where a.kind = 'BREAKER_OPEN' and a.subject = o.operation
    )::integer
  from engine.operations as o
  where o.breaks_after is not null
  union all
  select m.name, jsonb_build_object('job_name', j.job), m.value
  from jobs as j
  left join engine.job_beats as b on b.job = j.job
  cross join lateral (
    values
    ('skylatch_job_silent', j.is_silent::integer::numeric),
    ('skylatch_job_cron_silent', j.is_cron_silent::integer),
    ('skylatch_job_stopped', (j.stopped_at is not null)::integer),
    -- Since when it is expected, while it never was done.
    ('skylatch_job_beat_seconds',
      engine.seconds_since(coalesce(b.last_succeeded_at, b.since), p_now))
  ) as m (name, value)
  union all
  select 'skylatch_tick_lag_seconds', '{}',
    engine.seconds_since(coalesce(b.last_succeeded_at, b.since), p_now)
  from engine.job_beats as b
  where b.job = 'auto_book_monitor'
  union all
  select m.name, '{}', m.value
  from last_tick as t
  cross join lateral (
    values
    ('skylatch_search_budget', t.budget),
    ('skylatch_search_budget_left', greatest(t.budget - t.searches, 0)),
    ('skylatch_searches_postponed', t.postponed)
  ) as m (name, value)
  union all
  select
    'skylatch_ceiling_amount', jsonb_build_object('period', c.period), c.amount::numeric
  from engine.spending_ceilings as c
  where c.subject = 'installation'
  union all
  -- Of the day alone: to add up a month would cost as much as the month has bookings.
  select
    'skylatch_ceiling_used', jsonb_build_object('period', 'day'),
    engine.spent_in_base(null, date_trunc('day', p_now, 'UTC'), null, p_now);
end;
$$;

ALTER FUNCTION engine.watch_metrics(p_now timestamp with time zone) OWNER TO skylatch_owner;

--
-- Name: who_waits_for_a_person_is_in_the_queue(); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.who_waits_for_a_person_is_in_the_queue() RETURNS TABLE(subject text, detail text, since timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  select
    a.id::text, a.review_from,
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.state = 'NEEDS_REVIEW'
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'ATTEMPT' and r.object_id = a.id::text and r.resolved_at is null
    );
end;
$$;

ALTER FUNCTION engine.who_waits_for_a_person_is_in_the_queue() OWNER TO skylatch_owner;

--
-- Name: work_metrics(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: skylatch_owner
--

CREATE FUNCTION engine.work_metrics(p_now timestamp with time zone) RETURNS TABLE(name text, labels jsonb, value numeric)
    LANGUAGE plpgsql STABLE
    AS $$
begin
  return query
  with live as materialized (
    select a.state, count(*) as attempts, min(a.state_changed_at) as since
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    group by a.state
  ),

  open_cases as materialized (
    select r.kind, count(*) as cases, min(r.opened_at) as since
    from engine.review_cases as r
    where r.resolved_at is null
    group by r.kind
  ),

  waiting as materialized (
    select 'booking' as queue, count(*) as calls, min(c.run_at) as since
    from engine.provider_calls as c
    where c.state = 'READY' and c.booking_attempt_id is not null and c.run_at <= p_now
    union all
    select
      case c.operation when 'search' then 'search' else 'look' end,
      count(*),
      min(c.run_at)
    from engine.provider_calls as c
    where c.state = 'READY' and c.booking_attempt_id is null and c.run_at <= p_now
    group by 1
    union all
    select 'event', count(*), min(e.received_at)
    from engine.provider_events as e
    where e.state = 'RECEIVED'
  ),

  closed as materialized (
    select l.label, l.value from engine.metric_labels() as l
  )

  select
    m.name,
    jsonb_build_object(case c.label when 'case' then 'kind' else c.label end, c.value),
    m.value::numeric
  from closed as c
  left join live as l on c.label = 'state' and c.value = l.state
  left join open_cases as o on c.label = 'case' and c.value = o.kind
  left join waiting as w on c.label = 'queue' and c.value = w.queue
  cross join lateral (
    values
    ('state', 'skylatch_attempts', coalesce(l.attempts, 0)),
    ('state', 'skylatch_attempts_oldest_seconds', engine.seconds_since(l.since, p_now)),
    ('case', 'skylatch_review_cases', coalesce(o.cases, 0)),
    ('case', 'skylatch_review_cases_oldest_seconds',
      engine.seconds_since(o.since, p_now)),
    ('queue', 'skylatch_queue_depth', coalesce(w.calls, 0)),
    ('queue', 'skylatch_queue_oldest_seconds', engine.seconds_since(w.since, p_now))
  ) as m (label, name, value)
  where m.label = c.label
  union all
  select 'skylatch_calls_out', '{}', count(*)
  from engine.provider_calls as c
  where c.state in ('CLAIMED', 'SENT')
  union all
  select 'skylatch_invariant_violations', '{}', count(*)
  from engine.invariant_violations as v
  where v.gone_at is null
  union all
  -- Each says that it lives every 15 seconds.
  select 'skylatch_workers', '{}', count(*)
  from engine.workers as w
  where w.seen_at > p_now - interval '1 minute';
end;
$$;

ALTER FUNCTION engine.work_metrics(p_now timestamp with time zone) OWNER TO skylatch_owner;

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
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.book_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.auto_book_production(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: cancel_booking(uuid, numeric); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.cancel_booking(p_booking_id uuid, p_min_refund numeric DEFAULT NULL::numeric) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.ask_cancellation(p_booking_id, p_min_refund);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.cancel_booking(p_booking_id uuid, p_min_refund numeric) OWNER TO skylatch_owner;

--
-- Name: cancel_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.cancel_trip(p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.change_trip_status(p_trip_id, 'cancel');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.cancel_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: consent_to_trip(uuid, text); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.consent_to_trip(p_trip_id uuid, p_consent_text_version text) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_at timestamptz;
begin
  if p_consent_text_version is null then
    raise exception using
      errcode = 'SK006',
      message = 'automatic booking needs the traveller''s consent',
      detail = jsonb_build_object('field', 'consent_text_version', 'value', null),
      column = 'consent_text_version',
      hint = 'Show the consent text and pass the version that was agreed to.';
  end if;
  update public.trip_requests as t
  set consent_text_version = p_consent_text_version
  where t.id = p_trip_id
  returning t.consent_at into v_at;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Only the traveller''s own trips can be used.';
  end if;
  return v_at;
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.consent_to_trip(p_trip_id uuid, p_consent_text_version text) OWNER TO skylatch_owner;

--
-- Name: create_trip_request(text[], text[], date, numeric, text, uuid[], date, date, date, integer, integer, text, integer, interval, integer, integer, text[], uuid, boolean, text, text[], text[], text[], interval, interval, time without time zone, time without time zone, time without time zone, time without time zone, time without time zone, time without time zone, time without time zone, time without time zone, boolean, boolean, boolean, boolean, numeric, boolean, numeric, numeric, numeric, numeric, date, integer, uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date DEFAULT NULL::date, p_return_from date DEFAULT NULL::date, p_return_to date DEFAULT NULL::date, p_nights_min integer DEFAULT NULL::integer, p_nights_max integer DEFAULT NULL::integer, p_cabin_class text DEFAULT 'economy'::text, p_max_connections integer DEFAULT 1, p_max_duration interval DEFAULT '24:00:00'::interval, p_carry_on_bags integer DEFAULT 0, p_checked_bags integer DEFAULT 0, p_preferred_airlines text[] DEFAULT '{}'::text[], p_payment_method_id uuid DEFAULT NULL::uuid, p_auto_book_enabled boolean DEFAULT false, p_consent_text_version text DEFAULT NULL::text, p_airlines_only text[] DEFAULT '{}'::text[], p_airlines_never text[] DEFAULT '{}'::text[], p_alliances text[] DEFAULT '{}'::text[], p_layover_min interval DEFAULT NULL::interval, p_layover_max interval DEFAULT NULL::interval, p_depart_after time without time zone DEFAULT NULL::time without time zone, p_depart_before time without time zone DEFAULT NULL::time without time zone, p_arrive_after time without time zone DEFAULT NULL::time without time zone, p_arrive_before time without time zone DEFAULT NULL::time without time zone, p_return_depart_after time without time zone DEFAULT NULL::time without time zone, p_return_depart_before time without time zone DEFAULT NULL::time without time zone, p_return_arrive_after time without time zone DEFAULT NULL::time without time zone, p_return_arrive_before time without time zone DEFAULT NULL::time without time zone, p_no_red_eye boolean DEFAULT false, p_no_airport_change boolean DEFAULT false, p_refundable boolean DEFAULT false, p_changeable boolean DEFAULT false, p_max_emissions_kg numeric DEFAULT NULL::numeric, p_accept_unknown boolean DEFAULT false, p_price_weight numeric DEFAULT 0.60, p_duration_weight numeric DEFAULT 0.25, p_connections_weight numeric DEFAULT 0.15, p_airline_weight numeric DEFAULT 0.10, p_decide_by date DEFAULT NULL::date, p_max_searches integer DEFAULT 1500, p_user_id uuid DEFAULT auth.uid()) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_trip_id uuid := gen_random_uuid();
begin
  -- As many as an order takes, before anybody looks who they are.
  if cardinality(p_passengers) > 9 then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object(
        'field', 'passengers', 'people', cardinality(p_passengers)
      ),
      column = 'passengers',
      hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
  end if;
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
    payment_method_id, auto_book_enabled, consent_text_version,
    airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after,
    depart_before, arrive_after, arrive_before, return_depart_after,
    return_depart_before, return_arrive_after, return_arrive_before, no_red_eye,
    no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown,
    price_weight, duration_weight, connections_weight, airline_weight, decide_by,
    max_searches
  )
  values (
    p_user_id, v_trip_id, p_origins, p_destinations, p_departure_from,
    coalesce(p_departure_to, p_departure_from), p_return_from,
    coalesce(p_return_to, p_return_from), p_nights_min, p_nights_max, p_cabin_class,
    p_max_price, p_currency, p_max_connections, p_max_duration, p_carry_on_bags,
    p_checked_bags, p_preferred_airlines, p_payment_method_id, p_auto_book_enabled,
    p_consent_text_version,
    p_airlines_only, p_airlines_never, p_alliances, p_layover_min, p_layover_max,
    p_depart_after, p_depart_before, p_arrive_after, p_arrive_before,
    p_return_depart_after, p_return_depart_before, p_return_arrive_after,
    p_return_arrive_before, p_no_red_eye, p_no_airport_change, p_refundable,
    p_changeable, p_max_emissions_kg, p_accept_unknown, p_price_weight,
    p_duration_weight, p_connections_weight, p_airline_weight, p_decide_by,
    p_max_searches
  );
  insert into public.trip_passengers (user_id, trip_request_id, traveler_profile_id)
  select p_user_id, v_trip_id, p.id
  from unnest(p_passengers) as p (id);
  perform engine.check_trip_party(p_user_id, v_trip_id);
  return v_trip_id;
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_airlines_only text[], p_airlines_never text[], p_alliances text[], p_layover_min interval, p_layover_max interval, p_depart_after time without time zone, p_depart_before time without time zone, p_arrive_after time without time zone, p_arrive_before time without time zone, p_return_depart_after time without time zone, p_return_depart_before time without time zone, p_return_arrive_after time without time zone, p_return_arrive_before time without time zone, p_no_red_eye boolean, p_no_airport_change boolean, p_refundable boolean, p_changeable boolean, p_max_emissions_kg numeric, p_accept_unknown boolean, p_price_weight numeric, p_duration_weight numeric, p_connections_weight numeric, p_airline_weight numeric, p_decide_by date, p_max_searches integer, p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: duffel_search(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.duffel_search(p_trip_id uuid) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.search_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.duffel_search(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: explain_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.explain_trip(p_trip_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.explain_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.explain_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: manage_auto_book_monitor(text, text); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.manage_auto_book_monitor(p_action text, p_reason text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_action = 'trigger' then
    return jsonb_build_object('run', public.auto_book_monitor());
  elsif p_action in ('start', 'stop', 'status') then
    return engine.manage_monitor_job(p_action, p_reason);
  end if;
  raise exception using
    errcode = 'SK012',
    message = 'unknown action',
    detail = jsonb_build_object('field', 'p_action', 'value', left(p_action, 100)),
    column = 'p_action',
    hint = 'Use start, stop, status or trigger.';
end;
$$;

ALTER FUNCTION public.manage_auto_book_monitor(p_action text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: pause_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.pause_trip(p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.change_trip_status(p_trip_id, 'pause');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.pause_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: rank_offers(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.rank_offers(p_trip_id uuid) RETURNS TABLE(rank integer, offer_id text, airline text, price_amount numeric, price_currency text, duration interval, connections smallint, departs_at timestamp with time zone, score numeric, score_parts jsonb, ineligible text[], carriers text[], itinerary_key text, other_fares bigint)
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
     o.ineligible,
     o.carriers,
     o.itinerary_key,
         CASE
             WHEN (o.itinerary_key IS NOT NULL) THEN (count(*) OVER (PARTITION BY o.itinerary_key) - 1)
             ELSE NULL::bigint
         END AS other_fares
    FROM (public.flight_offers o
      JOIN public.trip_requests t ON (((o.user_id = t.user_id) AND (o.trip_request_id = t.id))))
   WHERE ((t.id = rank_offers.p_trip_id) AND (o.search_round = t.search_round))
   ORDER BY o.rank, ((o.score_parts ->> 'price'::text))::numeric, o.offer_id;
END;

ALTER FUNCTION public.rank_offers(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: refresh_case(bigint); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.refresh_case(p_case_id bigint) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT engine.look_again(p_case_id) AS look_again;
END;

ALTER FUNCTION public.refresh_case(p_case_id bigint) OWNER TO skylatch_owner;

--
-- Name: remove_passenger(uuid, uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.drop_passenger(p_trip_id, p_traveler_profile_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid) OWNER TO skylatch_owner;

--
-- Name: remove_spending_limit(text, text, uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.remove_spending_limit(p_currency text, p_period text, p_user_id uuid DEFAULT auth.uid()) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.drop_spending_limit(p_currency, p_period, p_user_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.remove_spending_limit(p_currency text, p_period text, p_user_id uuid) OWNER TO skylatch_owner;

--
-- Name: resolve_case(bigint, text, text); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.resolve_case(p_case_id bigint, p_resolution text, p_reason text) RETURNS text
    LANGUAGE sql
    RETURN engine.end_case(p_case_id, p_resolution, p_reason);

ALTER FUNCTION public.resolve_case(p_case_id bigint, p_resolution text, p_reason text) OWNER TO skylatch_owner;

--
-- Name: resume_trip(uuid); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.resume_trip(p_trip_id uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return engine.change_trip_status(p_trip_id, 'resume');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;

ALTER FUNCTION public.resume_trip(p_trip_id uuid) OWNER TO skylatch_owner;

--
-- Name: review_attempt(bigint, text, text, text); Type: FUNCTION; Schema: public; Owner: skylatch_owner
--

CREATE FUNCTION public.review_attempt(p_case_id bigint, p_action text, p_reason text, p_order_id text DEFAULT NULL::text) RETURNS text
    LANGUAGE sql
    RETURN engine.decide_case(p_case_id, p_action, p_reason, p_order_id);

ALTER FUNCTION public.review_attempt(p_case_id bigint, p_action text, p_reason text, p_order_id text) OWNER TO skylatch_owner;

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
-- Name: airport_overrides; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.airport_overrides (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    iata text NOT NULL,
    airports text[],
    name text,
    city text,
    country text,
    time_zone text,
    latitude double precision,
    longitude double precision,
    CONSTRAINT airport_overrides_airports CHECK (((cardinality(airports) >= 1) AND (cardinality(airports) <= 50))),
    CONSTRAINT airport_overrides_iata CHECK ((iata ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT airport_overrides_place CHECK ((((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision)) AND ((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))),
    CONSTRAINT airport_overrides_reason CHECK (((btrim(reason) <> ''::text) AND (length(reason) <= 2000))),
    CONSTRAINT airport_overrides_texts CHECK (((length(name) <= 200) AND (length(city) <= 200) AND (length(country) <= 2) AND (length(time_zone) <= 100)))
);

ALTER TABLE ONLY engine.airport_overrides FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.airport_overrides OWNER TO skylatch_owner;

--
-- Name: airport_overrides_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.airport_overrides ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.airport_overrides_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
-- Name: booking_attempt_passengers; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.booking_attempt_passengers (
    user_id uuid NOT NULL,
    booking_attempt_id uuid NOT NULL,
    traveler_profile_id uuid NOT NULL,
    passenger_id text NOT NULL,
    infant_passenger_id text,
    given_name text,
    family_name text,
    title text,
    gender text,
    born_on date,
    email text,
    phone_number text,
    person text NOT NULL,
    CONSTRAINT booking_attempt_passengers_person CHECK ((person ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT booking_attempt_passengers_whole CHECK ((num_nonnulls(given_name, family_name, title, gender, born_on, email, phone_number) = ANY (ARRAY[0, 7])))
);

ALTER TABLE ONLY engine.booking_attempt_passengers FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.booking_attempt_passengers OWNER TO skylatch_owner;

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
-- Name: consent_texts; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.consent_texts (
    version text NOT NULL,
    body text NOT NULL,
    sha256 text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_by text NOT NULL,
    reason text NOT NULL,
    retired_at timestamp with time zone,
    retired_by text,
    retired_because text,
    CONSTRAINT consent_texts_body CHECK (((length(body) >= 20) AND (length(body) <= 20000))),
    CONSTRAINT consent_texts_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3)),
    CONSTRAINT consent_texts_retired CHECK ((((retired_at IS NULL) = (retired_by IS NULL)) AND ((retired_at IS NULL) = (retired_because IS NULL)))),
    CONSTRAINT consent_texts_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT consent_texts_version CHECK ((version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'::text))
);

ALTER TABLE ONLY engine.consent_texts FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.consent_texts OWNER TO skylatch_owner;

--
-- Name: counter_parts_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.counter_parts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.counter_parts_id_seq
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
-- Name: daily_fares; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.daily_fares (
    user_id uuid NOT NULL,
    trip_request_id uuid NOT NULL,
    origin text NOT NULL,
    destination text NOT NULL,
    departure_date date NOT NULL,
    return_date date NOT NULL,
    day date NOT NULL,
    lead_days integer GENERATED ALWAYS AS ((departure_date - day)) STORED NOT NULL,
    currency text NOT NULL,
    opening public.money_amount NOT NULL,
    lowest public.money_amount NOT NULL,
    typical numeric,
    CONSTRAINT daily_fares_fares CHECK (((lowest)::numeric <= (opening)::numeric))
);

ALTER TABLE ONLY engine.daily_fares FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.daily_fares OWNER TO skylatch_owner;

--
-- Name: deployed_objects; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.deployed_objects (
    object text NOT NULL,
    statement_digest text NOT NULL,
    catalog_digest text,
    deployed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY engine.deployed_objects FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.deployed_objects OWNER TO skylatch_owner;

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
-- Name: exchange_rate_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.exchange_rate_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    rate numeric NOT NULL,
    source text NOT NULL,
    last_rate numeric,
    login text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    confirms bigint,
    CONSTRAINT exchange_rate_changes_action CHECK ((action = ANY (ARRAY['SET'::text, 'HELD'::text, 'CONFIRMED'::text]))),
    CONSTRAINT exchange_rate_changes_confirms CHECK (((action = 'CONFIRMED'::text) = (confirms IS NOT NULL))),
    CONSTRAINT exchange_rate_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.exchange_rate_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.exchange_rate_changes OWNER TO skylatch_owner;

--
-- Name: exchange_rate_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.exchange_rate_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.exchange_rate_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
-- Name: flag_register; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.flag_register (
    flag text NOT NULL,
    owner text NOT NULL,
    purpose text NOT NULL,
    allows jsonb,
    created_on date NOT NULL,
    expires_on date NOT NULL,
    CONSTRAINT flag_register_expires_on CHECK ((expires_on > created_on))
);

ALTER TABLE ONLY engine.flag_register FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.flag_register OWNER TO skylatch_owner;

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
-- Name: installation; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.installation (
    only_row boolean DEFAULT true NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT installation_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.installation FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.installation OWNER TO skylatch_owner;

--
-- Name: installation_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.installation_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    former_id uuid,
    new_id uuid NOT NULL,
    CONSTRAINT installation_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.installation_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.installation_changes OWNER TO skylatch_owner;

--
-- Name: installation_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.installation_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.installation_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
-- Name: job_beats; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.job_beats (
    job text NOT NULL,
    since timestamp with time zone NOT NULL,
    last_succeeded_at timestamp with time zone,
    last_succeeded_by text,
    cron_succeeded_at timestamp with time zone,
    scheduled_at timestamp with time zone,
    stopped_at timestamp with time zone,
    stopped_by text,
    stop_reason text,
    CONSTRAINT job_beats_stop_reason CHECK (((length(stop_reason) >= 1) AND (length(stop_reason) <= 1000))),
    CONSTRAINT job_beats_stopped CHECK ((((stopped_at IS NULL) = (stopped_by IS NULL)) AND ((stopped_at IS NOT NULL) OR (stop_reason IS NULL)))),
    CONSTRAINT job_beats_succeeded CHECK (((last_succeeded_at IS NULL) = (last_succeeded_by IS NULL)))
);

ALTER TABLE ONLY engine.job_beats FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.job_beats OWNER TO skylatch_owner;

--
-- Name: job_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.job_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    job text NOT NULL,
    stopped boolean NOT NULL,
    reason text,
    set_by text NOT NULL,
    CONSTRAINT job_changes_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 1000)))
);

ALTER TABLE ONLY engine.job_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.job_changes OWNER TO skylatch_owner;

--
-- Name: job_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.job_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.job_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: jobs; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.jobs (
    job text NOT NULL,
    schedule text NOT NULL,
    command text NOT NULL,
    stands_in boolean NOT NULL,
    stand_in_every interval,
    cron_silent_after interval NOT NULL,
    silent_after interval NOT NULL,
    CONSTRAINT jobs_silent_after CHECK ((silent_after >= cron_silent_after)),
    CONSTRAINT jobs_stand_in_every CHECK ((stands_in = (stand_in_every IS NOT NULL)))
);

ALTER TABLE ONLY engine.jobs FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.jobs OWNER TO skylatch_owner;

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
-- Name: money_settings_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.money_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT money_settings_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.money_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.money_settings_changes OWNER TO skylatch_owner;

--
-- Name: money_settings_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.money_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.money_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
-- Name: search_settings_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.search_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL
);

ALTER TABLE ONLY engine.search_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.search_settings_changes OWNER TO skylatch_owner;

--
-- Name: search_settings_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.search_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.search_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: spans; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE UNLOGGED TABLE engine.spans (
    id bigint NOT NULL,
    trace_id uuid NOT NULL,
    span_id bigint NOT NULL,
    parent_id bigint,
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT spans_name CHECK ((name = ANY (ARRAY['tick'::text, 'request'::text, 'call'::text, 'settle'::text, 'ingest'::text, 'decide'::text, 'rank'::text, 'begin'::text, 'step'::text, 'stop'::text, 'command'::text, 'callback'::text])))
);

ALTER TABLE ONLY engine.spans FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.spans OWNER TO skylatch_owner;

--
-- Name: spans_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spans ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spans_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: spending_ceiling_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.spending_ceiling_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    subject text NOT NULL,
    user_id uuid,
    period text NOT NULL,
    amount public.money_amount NOT NULL,
    currency text NOT NULL,
    CONSTRAINT spending_ceiling_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.spending_ceiling_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.spending_ceiling_changes OWNER TO skylatch_owner;

--
-- Name: spending_ceiling_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spending_ceiling_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spending_ceiling_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: spending_ceilings; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.spending_ceilings (
    id bigint NOT NULL,
    subject text NOT NULL,
    user_id uuid,
    period text NOT NULL,
    amount public.money_amount NOT NULL,
    currency text NOT NULL,
    CONSTRAINT spending_ceilings_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT spending_ceilings_period CHECK ((period = ANY (ARRAY['price'::text, 'day'::text, 'month'::text, 'total'::text]))),
    CONSTRAINT spending_ceilings_subject CHECK ((subject = ANY (ARRAY['installation'::text, 'everybody'::text, 'traveller'::text]))),
    CONSTRAINT spending_ceilings_user_id CHECK (((subject = 'traveller'::text) = (user_id IS NOT NULL)))
);

ALTER TABLE ONLY engine.spending_ceilings FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.spending_ceilings OWNER TO skylatch_owner;

--
-- Name: spending_ceilings_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spending_ceilings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spending_ceilings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: trace_settings; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.trace_settings (
    only_row boolean DEFAULT true NOT NULL,
    ratio numeric DEFAULT 0.1 NOT NULL,
    exporter_seen_at timestamp with time zone,
    CONSTRAINT trace_settings_only_row CHECK (only_row),
    CONSTRAINT trace_settings_ratio CHECK (((ratio >= (0)::numeric) AND (ratio <= (1)::numeric)))
);

ALTER TABLE ONLY engine.trace_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.trace_settings OWNER TO skylatch_owner;

--
-- Name: trace_settings_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.trace_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT trace_settings_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.trace_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.trace_settings_changes OWNER TO skylatch_owner;

--
-- Name: trace_settings_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.trace_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.trace_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: traveller_limit_changes; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.traveller_limit_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    limits jsonb NOT NULL
);

ALTER TABLE ONLY engine.traveller_limit_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.traveller_limit_changes OWNER TO skylatch_owner;

--
-- Name: traveller_limit_changes_id_seq; Type: SEQUENCE; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.traveller_limit_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.traveller_limit_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: traveller_limits; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.traveller_limits (
    only_row boolean DEFAULT true NOT NULL,
    open_trips integer DEFAULT 50 NOT NULL,
    profiles integer DEFAULT 50 NOT NULL,
    search_pause interval DEFAULT '00:01:00'::interval NOT NULL,
    searches_per_hour integer DEFAULT 60 NOT NULL,
    failed_bookings_per_hour integer DEFAULT 20 NOT NULL,
    CONSTRAINT traveller_limits_failed_bookings CHECK (((failed_bookings_per_hour >= 1) AND (failed_bookings_per_hour <= 1000000))),
    CONSTRAINT traveller_limits_only_row CHECK (only_row),
    CONSTRAINT traveller_limits_values CHECK ((((open_trips >= 1) AND (open_trips <= 1000000)) AND ((profiles >= 1) AND (profiles <= 1000000)) AND ((search_pause >= '00:00:00'::interval) AND (search_pause <= '1 day'::interval)) AND ((searches_per_hour >= 1) AND (searches_per_hour <= 1000000))))
);

ALTER TABLE ONLY engine.traveller_limits FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.traveller_limits OWNER TO skylatch_owner;

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
-- Name: write_probe; Type: TABLE; Schema: engine; Owner: skylatch_owner
--

CREATE TABLE engine.write_probe (
    at timestamp with time zone NOT NULL,
    filler text NOT NULL
);
ALTER TABLE ONLY engine.write_probe ALTER COLUMN filler SET STORAGE PLAIN;

ALTER TABLE ONLY engine.write_probe FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.write_probe OWNER TO skylatch_owner;

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
    s.reason,
    o.scheduled_by,
    o.last_succeeded_at,
    o.stopped_at,
    o.stopped_by,
    o.stop_reason
   FROM (engine.monitor_status() s(job, schedule, active, run_id, started_at, duration, started_by, claimed, skipped, expired, searches, reason)
     LEFT JOIN engine.job_overview() o(job, scheduled_by, is_silent, last_succeeded_at, last_succeeded_by, cron_succeeded_at, stopped_at, stopped_by, stop_reason) ON ((o.job = 'auto_book_monitor'::text)));

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
-- Name: consents; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.consents (
    user_id uuid NOT NULL,
    id bigint NOT NULL,
    trip_request_id uuid NOT NULL,
    text_version text NOT NULL,
    max_price numeric NOT NULL,
    currency text NOT NULL,
    payment_method_id uuid,
    party text[] NOT NULL,
    given_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT consents_max_price CHECK (((max_price > (0)::numeric) AND (max_price < ('1000000000000'::bigint)::numeric))),
    CONSTRAINT consents_party CHECK ((cardinality(party) <= 100))
);

ALTER TABLE ONLY public.consents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.consents OWNER TO skylatch_owner;

--
-- Name: consents_id_seq; Type: SEQUENCE; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.consents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    duration_gaps integer DEFAULT 0 NOT NULL,
    CONSTRAINT fare_history_counts CHECK (((offers >= 0) AND (malformed >= 0))),
    CONSTRAINT fare_history_duration_gaps CHECK ((duration_gaps >= 0))
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
    next_look_at timestamp with time zone DEFAULT (now() + '01:00:00'::interval),
    CONSTRAINT flight_bookings_cancelled CHECK (((status = 'CONFIRMED'::text) = (cancelled_at IS NULL))),
    CONSTRAINT flight_bookings_refunded CHECK (((status <> 'REFUNDED'::text) OR ((refund_amount)::numeric > (0)::numeric))),
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
-- Name: review_queue; Type: VIEW; Schema: public; Owner: skylatch_owner
--

CREATE VIEW public.review_queue WITH (security_invoker='true') AS
 SELECT c.case_id,
    c.kind,
    c.opened_at,
    c.age,
    c.summary,
    c.object_id,
    c.trip_request_id,
    c.trip_status,
    c.booking_attempt_id,
    c.attempt_state,
    c.traveller,
    c.agreed_amount,
    c.captured_amount,
    c.currency,
    c.sent,
    c.heard,
    c.evidence,
    c.evidence_at,
    c.actions,
    c.decided
   FROM engine.list_cases() c(case_id, kind, opened_at, age, summary, object_id, trip_request_id, trip_status, booking_attempt_id, attempt_state, traveller, agreed_amount, captured_amount, currency, sent, heard, evidence, evidence_at, actions, decided);

ALTER TABLE public.review_queue OWNER TO skylatch_owner;

--
-- Name: spending_limits; Type: TABLE; Schema: public; Owner: skylatch_owner
--

CREATE TABLE public.spending_limits (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    currency text NOT NULL,
    period text NOT NULL,
    amount public.money_amount NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT spending_limits_period CHECK ((period = ANY (ARRAY['day'::text, 'month'::text, 'total'::text])))
);

ALTER TABLE ONLY public.spending_limits FORCE ROW LEVEL SECURITY;

ALTER TABLE public.spending_limits OWNER TO skylatch_owner;

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
-- Name: airport_overrides airport_overrides_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.airport_overrides
    ADD CONSTRAINT airport_overrides_pkey PRIMARY KEY (id);

--
-- Name: airports airports_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.airports
    ADD CONSTRAINT airports_pkey PRIMARY KEY (iata);

--
-- Name: booking_attempt_passengers booking_attempt_passengers_passenger_id_key; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_passenger_id_key UNIQUE (user_id, booking_attempt_id, passenger_id);

--
-- Name: booking_attempt_passengers booking_attempt_passengers_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_pkey PRIMARY KEY (user_id, booking_attempt_id, traveler_profile_id);

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
-- Name: consent_texts consent_texts_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.consent_texts
    ADD CONSTRAINT consent_texts_pkey PRIMARY KEY (version);

--
-- Name: counter_parts counter_parts_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.counter_parts
    ADD CONSTRAINT counter_parts_pkey PRIMARY KEY (id);

--
-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (counter, labels);

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
-- Name: daily_fares daily_fares_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.daily_fares
    ADD CONSTRAINT daily_fares_pkey PRIMARY KEY (user_id, trip_request_id, origin, destination, departure_date, return_date, day);

--
-- Name: deployed_objects deployed_objects_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.deployed_objects
    ADD CONSTRAINT deployed_objects_pkey PRIMARY KEY (object);

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
-- Name: exchange_rate_changes exchange_rate_changes_confirms_key; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_confirms_key UNIQUE (confirms);

--
-- Name: exchange_rate_changes exchange_rate_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_pkey PRIMARY KEY (id);

--
-- Name: exchange_rates exchange_rates_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_pkey PRIMARY KEY (base, quote, source, as_of);

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
-- Name: flag_register flag_register_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.flag_register
    ADD CONSTRAINT flag_register_pkey PRIMARY KEY (flag);

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
-- Name: installation_changes installation_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.installation_changes
    ADD CONSTRAINT installation_changes_pkey PRIMARY KEY (id);

--
-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (only_row);

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
-- Name: job_beats job_beats_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.job_beats
    ADD CONSTRAINT job_beats_pkey PRIMARY KEY (job);

--
-- Name: job_changes job_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.job_changes
    ADD CONSTRAINT job_changes_pkey PRIMARY KEY (id);

--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (job);

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
-- Name: money_settings_changes money_settings_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.money_settings_changes
    ADD CONSTRAINT money_settings_changes_pkey PRIMARY KEY (id);

--
-- Name: money_settings money_settings_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.money_settings
    ADD CONSTRAINT money_settings_pkey PRIMARY KEY (only_row);

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
-- Name: search_settings_changes search_settings_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.search_settings_changes
    ADD CONSTRAINT search_settings_changes_pkey PRIMARY KEY (id);

--
-- Name: search_settings search_settings_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.search_settings
    ADD CONSTRAINT search_settings_pkey PRIMARY KEY (only_row);

--
-- Name: spans spans_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.spans
    ADD CONSTRAINT spans_pkey PRIMARY KEY (id);

--
-- Name: spending_ceiling_changes spending_ceiling_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.spending_ceiling_changes
    ADD CONSTRAINT spending_ceiling_changes_pkey PRIMARY KEY (id);

--
-- Name: spending_ceilings spending_ceilings_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_pkey PRIMARY KEY (id);

--
-- Name: spending_ceilings spending_ceilings_user_id_key; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_user_id_key UNIQUE NULLS NOT DISTINCT (user_id, subject, period);

--
-- Name: trace_settings_changes trace_settings_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.trace_settings_changes
    ADD CONSTRAINT trace_settings_changes_pkey PRIMARY KEY (id);

--
-- Name: trace_settings trace_settings_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.trace_settings
    ADD CONSTRAINT trace_settings_pkey PRIMARY KEY (only_row);

--
-- Name: traveller_limit_changes traveller_limit_changes_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.traveller_limit_changes
    ADD CONSTRAINT traveller_limit_changes_pkey PRIMARY KEY (id);

--
-- Name: traveller_limits traveller_limits_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.traveller_limits
    ADD CONSTRAINT traveller_limits_pkey PRIMARY KEY (only_row);

--
-- Name: travellers travellers_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.travellers
    ADD CONSTRAINT travellers_pkey PRIMARY KEY (user_id);

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
-- Name: write_probe write_probe_pkey; Type: CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.write_probe
    ADD CONSTRAINT write_probe_pkey PRIMARY KEY (at);

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
-- Name: consents consents_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (user_id, id);

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
-- Name: payment_methods payment_methods_sizes; Type: CHECK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.payment_methods
    ADD CONSTRAINT payment_methods_sizes CHECK (((octet_length(stripe_customer_id) <= 255) AND (octet_length(stripe_payment_method_id) <= 255) AND (octet_length(brand) <= 100) AND (octet_length(last4) <= 100))) NOT VALID;

--
-- Name: payment_methods payment_methods_stripe_payment_method_id_key; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_stripe_payment_method_id_key UNIQUE (stripe_payment_method_id);

--
-- Name: spending_limits spending_limits_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_pkey PRIMARY KEY (user_id, currency, period);

--
-- Name: spending_limits spending_limits_sizes; Type: CHECK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.spending_limits
    ADD CONSTRAINT spending_limits_sizes CHECK (((octet_length(currency) <= 100) AND (octet_length(period) <= 100))) NOT VALID;

--
-- Name: traveler_profiles traveler_profiles_pkey; Type: CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_pkey PRIMARY KEY (user_id, id);

--
-- Name: traveler_profiles traveler_profiles_sizes; Type: CHECK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_sizes CHECK (((octet_length(given_name) <= 100) AND (octet_length(family_name) <= 100) AND (octet_length(title) <= 100) AND (octet_length(gender) <= 100) AND (octet_length(email) <= 320) AND (octet_length(phone_number) <= 100))) NOT VALID;

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
-- Name: trip_requests trip_requests_sizes; Type: CHECK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.trip_requests
    ADD CONSTRAINT trip_requests_sizes CHECK (((cardinality(origins) <= 100) AND (cardinality(destinations) <= 100) AND (cardinality(preferred_airlines) <= 100) AND (cardinality(airlines_only) <= 100) AND (cardinality(airlines_never) <= 100) AND (cardinality(alliances) <= 100) AND (octet_length(array_to_string(origins, ''::text)) <= 10000) AND (octet_length(array_to_string(destinations, ''::text)) <= 10000) AND (octet_length(array_to_string(preferred_airlines, ''::text)) <= 10000) AND (octet_length(array_to_string(airlines_only, ''::text)) <= 10000) AND (octet_length(array_to_string(airlines_never, ''::text)) <= 10000) AND (octet_length(array_to_string(alliances, ''::text)) <= 10000) AND (octet_length(cabin_class) <= 100) AND (octet_length(currency) <= 100) AND (octet_length(consent_text_version) <= 100))) NOT VALID;

--
-- Name: airport_overrides_iata_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX airport_overrides_iata_idx ON engine.airport_overrides USING btree (iata, id);

--
-- Name: booking_attempt_passengers_person_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_attempt_passengers_person_idx ON engine.booking_attempt_passengers USING btree (user_id, person);

--
-- Name: booking_attempt_passengers_traveler_profile_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_attempt_passengers_traveler_profile_id_idx ON engine.booking_attempt_passengers USING btree (user_id, traveler_profile_id);

--
-- Name: booking_events_at_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_events_at_idx ON engine.booking_events USING brin (at) WITH (autosummarize='on');

--
-- Name: booking_events_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX booking_events_trip_request_id_idx ON engine.booking_events USING btree (user_id, trip_request_id, id);

--
-- Name: daily_fares_lead_days_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX daily_fares_lead_days_idx ON engine.daily_fares USING btree (lead_days, day);

--
-- Name: daily_fares_route_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX daily_fares_route_idx ON engine.daily_fares USING btree (origin, destination, lead_days, day);

--
-- Name: event_effects_operation_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX event_effects_operation_idx ON engine.event_effects USING btree (operation);

--
-- Name: exchange_rate_changes_held_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX exchange_rate_changes_held_idx ON engine.exchange_rate_changes USING btree (as_of) WHERE (action = 'HELD'::text);

--
-- Name: exchange_rate_changes_pair_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX exchange_rate_changes_pair_idx ON engine.exchange_rate_changes USING btree (base, quote, id);

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
-- Name: provider_calls_finished_search_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_finished_search_idx ON engine.provider_calls USING btree (finished_at) WHERE ((booking_attempt_id IS NULL) AND (finished_at IS NOT NULL));

--
-- Name: provider_calls_lease_until_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_lease_until_idx ON engine.provider_calls USING btree (lease_until) WHERE (state = ANY (ARRAY['CLAIMED'::text, 'SENT'::text]));

--
-- Name: provider_calls_open_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX provider_calls_open_idx ON engine.provider_calls USING btree (user_id, trip_request_id) WHERE (state = ANY (ARRAY['READY'::text, 'CLAIMED'::text, 'SENT'::text]));

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
-- Name: review_cases_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX review_cases_trip_request_id_idx ON engine.review_cases USING btree (user_id, trip_request_id) WHERE (resolved_at IS NULL);

--
-- Name: trip_searches_search_key_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX trip_searches_search_key_idx ON engine.trip_searches USING btree (search_key);

--
-- Name: wait_decisions_trip_request_id_idx; Type: INDEX; Schema: engine; Owner: skylatch_owner
--

CREATE INDEX wait_decisions_trip_request_id_idx ON engine.wait_decisions USING btree (user_id, trip_request_id, id);

--
-- Name: booking_attempts_ended_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_ended_at_idx ON public.booking_attempts USING btree (ended_at) INCLUDE (currency, agreed_amount, refund_amount, refunded_at) WHERE (status = 'SUCCESS'::text);

--
-- Name: booking_attempts_flight_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_flight_offer_id_idx ON public.booking_attempts USING btree (user_id, flight_offer_id);

--
-- Name: booking_attempts_live_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE UNIQUE INDEX booking_attempts_live_idx ON public.booking_attempts USING btree (user_id, trip_request_id) WHERE (status = 'PENDING'::text);

--
-- Name: booking_attempts_moved_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_moved_at_idx ON public.booking_attempts USING btree (moved_at) WHERE (moved_at IS NOT NULL);

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
-- Name: booking_attempts_trace_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_trace_id_idx ON public.booking_attempts USING btree (trace_id);

--
-- Name: booking_attempts_user_id_status_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_attempts_user_id_status_idx ON public.booking_attempts USING btree (user_id, status);

--
-- Name: booking_passengers_traveler_profile_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX booking_passengers_traveler_profile_id_idx ON public.booking_passengers USING btree (user_id, traveler_profile_id);

--
-- Name: consents_payment_method_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX consents_payment_method_id_idx ON public.consents USING btree (user_id, payment_method_id);

--
-- Name: consents_text_version_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX consents_text_version_idx ON public.consents USING btree (text_version);

--
-- Name: consents_trip_request_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX consents_trip_request_id_idx ON public.consents USING btree (user_id, trip_request_id, id);

--
-- Name: fare_history_route_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX fare_history_route_idx ON public.fare_history USING btree (origin, destination, departure_date, searched_at);

--
-- Name: fare_history_searched_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX fare_history_searched_at_idx ON public.fare_history USING brin (searched_at) WITH (autosummarize='on');

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
-- Name: flight_bookings_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_id_idx ON public.flight_bookings USING btree (id);

--
-- Name: flight_bookings_next_look_at_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_next_look_at_idx ON public.flight_bookings USING btree (next_look_at) WHERE (status = 'CONFIRMED'::text);

--
-- Name: flight_bookings_trip_request_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_trip_request_id_idx ON public.flight_bookings USING btree (user_id, trip_request_id);

--
-- Name: flight_bookings_user_id_status_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_bookings_user_id_status_idx ON public.flight_bookings USING btree (user_id, status);

--
-- Name: flight_offers_active_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX flight_offers_active_idx ON public.flight_offers USING btree (expires_at) WHERE (status = 'ACTIVE'::text);

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
-- Name: trip_requests_open_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_open_idx ON public.trip_requests USING btree (user_id) WHERE (auto_book_status = ANY (ARRAY['PENDING'::text, 'BOOKING'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text]));

--
-- Name: trip_requests_over_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_over_idx ON public.trip_requests USING btree (departure_to) WHERE (auto_book_status = ANY (ARRAY['PENDING'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text]));

--
-- Name: trip_requests_payment_method_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_payment_method_id_idx ON public.trip_requests USING btree (user_id, payment_method_id);

--
-- Name: trip_requests_selected_offer_id_idx; Type: INDEX; Schema: public; Owner: skylatch_owner
--

CREATE INDEX trip_requests_selected_offer_id_idx ON public.trip_requests USING btree (user_id, selected_offer_id);

--
-- Name: airport_overrides airport_overrides_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER airport_overrides_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.airport_overrides FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: booking_events booking_events_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER booking_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.booking_events FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: consent_texts consent_texts_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER consent_texts_append_only BEFORE DELETE OR UPDATE OF version, body, sha256, published_at, published_by, reason OR TRUNCATE ON engine.consent_texts FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: exchange_rate_changes exchange_rate_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER exchange_rate_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.exchange_rate_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: installation_changes installation_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER installation_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.installation_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: job_changes job_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER job_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.job_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: kill_switch_changes kill_switch_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER kill_switch_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.kill_switch_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: money_settings_changes money_settings_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER money_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.money_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: review_actions review_actions_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER review_actions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.review_actions FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: search_settings_changes search_settings_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER search_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.search_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: spending_ceiling_changes spending_ceiling_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER spending_ceiling_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.spending_ceiling_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: trace_settings_changes trace_settings_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER trace_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.trace_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: traveller_limit_changes traveller_limit_changes_append_only; Type: TRIGGER; Schema: engine; Owner: skylatch_owner
--

CREATE TRIGGER traveller_limit_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.traveller_limit_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: consents consents_append_only; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER consents_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.consents FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

--
-- Name: fare_history fare_history_keep_daily; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER fare_history_keep_daily AFTER INSERT ON public.fare_history FOR EACH ROW WHEN (((new.cheapest)::numeric > (0)::numeric)) EXECUTE FUNCTION engine.keep_daily_fare();

--
-- Name: payment_methods payment_methods_check_sizes; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER payment_methods_check_sizes BEFORE INSERT OR UPDATE ON public.payment_methods FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

--
-- Name: spending_limits spending_limits_changed; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER spending_limits_changed BEFORE INSERT OR UPDATE ON public.spending_limits FOR EACH ROW EXECUTE FUNCTION engine.note_changed_limit();

--
-- Name: spending_limits spending_limits_check_sizes; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER spending_limits_check_sizes BEFORE INSERT OR UPDATE ON public.spending_limits FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

--
-- Name: traveler_profiles traveler_profiles_check_sizes; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER traveler_profiles_check_sizes BEFORE INSERT OR UPDATE ON public.traveler_profiles FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

--
-- Name: traveler_profiles traveler_profiles_person; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER traveler_profiles_person BEFORE UPDATE ON public.traveler_profiles FOR EACH ROW WHEN ((((((((old.given_name IS DISTINCT FROM new.given_name) OR (old.family_name IS DISTINCT FROM new.family_name)) OR (old.title IS DISTINCT FROM new.title)) OR (old.gender IS DISTINCT FROM new.gender)) OR (old.born_on IS DISTINCT FROM new.born_on)) OR (old.email IS DISTINCT FROM new.email)) OR (old.phone_number IS DISTINCT FROM new.phone_number))) EXECUTE FUNCTION engine.note_changed_person();

--
-- Name: traveler_profiles traveler_profiles_plan; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER traveler_profiles_plan AFTER UPDATE OF born_on ON public.traveler_profiles FOR EACH ROW WHEN ((old.born_on IS DISTINCT FROM new.born_on)) EXECUTE FUNCTION engine.plan_changed_profile();

--
-- Name: traveler_profiles traveler_profiles_room; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER traveler_profiles_room BEFORE INSERT ON public.traveler_profiles FOR EACH ROW EXECUTE FUNCTION engine.check_profile();

--
-- Name: trip_passengers trip_passengers_check; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_passengers_check BEFORE INSERT OR DELETE ON public.trip_passengers FOR EACH ROW EXECUTE FUNCTION engine.check_trip_passenger();

--
-- Name: trip_passengers trip_passengers_consented; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_passengers_consented AFTER INSERT ON public.trip_passengers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.complete_consent();

--
-- Name: trip_passengers trip_passengers_plan_fewer; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_passengers_plan_fewer AFTER DELETE ON public.trip_passengers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.plan_changed_party();

--
-- Name: trip_passengers trip_passengers_plan_more; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_passengers_plan_more AFTER INSERT ON public.trip_passengers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.plan_changed_party();

--
-- Name: trip_requests trip_requests_check; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_check BEFORE INSERT OR UPDATE OF user_id, origins, destinations, departure_from, departure_to, return_from, return_to, nights_min, nights_max, cabin_class, max_price, currency, max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id, auto_book_enabled, consent_text_version, airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after, depart_before, arrive_after, arrive_before, return_depart_after, return_depart_before, return_arrive_after, return_arrive_before, no_red_eye, no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown, price_weight, duration_weight, connections_weight, airline_weight, decide_by, max_searches ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.check_trip_request();

--
-- Name: trip_requests trip_requests_consent; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_consent BEFORE INSERT OR UPDATE OF consent_text_version ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.date_consent();

--
-- Name: trip_requests trip_requests_consented; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_consented AFTER INSERT ON public.trip_requests FOR EACH ROW WHEN ((new.consent_text_version IS NOT NULL)) EXECUTE FUNCTION engine.record_consent();

--
-- Name: trip_requests trip_requests_consented_again; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_consented_again AFTER UPDATE OF consent_text_version ON public.trip_requests FOR EACH ROW WHEN ((new.consent_text_version IS NOT NULL)) EXECUTE FUNCTION engine.record_consent();

--
-- Name: trip_requests trip_requests_plan; Type: TRIGGER; Schema: public; Owner: skylatch_owner
--

CREATE TRIGGER trip_requests_plan AFTER UPDATE OF origins, destinations, departure_from, departure_to, return_from, return_to, nights_min, nights_max, cabin_class, max_connections, max_price, currency ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.plan_changed_trip();

--
-- Name: booking_attempt_passengers booking_attempt_passengers_booking_attempt_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

--
-- Name: booking_attempt_passengers booking_attempt_passengers_traveler_profile_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

--
-- Name: breakers breakers_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.breakers
    ADD CONSTRAINT breakers_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: daily_fares daily_fares_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.daily_fares
    ADD CONSTRAINT daily_fares_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE CASCADE;

--
-- Name: event_effects event_effects_operation_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.event_effects
    ADD CONSTRAINT event_effects_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

--
-- Name: exchange_rate_changes exchange_rate_changes_base_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_base_fkey FOREIGN KEY (base) REFERENCES engine.currencies(code);

--
-- Name: exchange_rate_changes exchange_rate_changes_confirms_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_confirms_fkey FOREIGN KEY (confirms) REFERENCES engine.exchange_rate_changes(id) ON DELETE RESTRICT;

--
-- Name: exchange_rate_changes exchange_rate_changes_quote_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_quote_fkey FOREIGN KEY (quote) REFERENCES engine.currencies(code);

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
-- Name: job_beats job_beats_job_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.job_beats
    ADD CONSTRAINT job_beats_job_fkey FOREIGN KEY (job) REFERENCES engine.jobs(job) ON DELETE CASCADE;

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
-- Name: spending_ceilings spending_ceilings_user_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

--
-- Name: travellers travellers_user_id_fkey; Type: FK CONSTRAINT; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE ONLY engine.travellers
    ADD CONSTRAINT travellers_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

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
-- Name: consents consents_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

--
-- Name: consents consents_payment_method_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

--
-- Name: consents consents_text_version_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_text_version_fkey FOREIGN KEY (text_version) REFERENCES engine.consent_texts(version) ON DELETE RESTRICT;

--
-- Name: consents consents_trip_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

--
-- Name: consents consents_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

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
-- Name: spending_limits spending_limits_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

--
-- Name: spending_limits spending_limits_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: skylatch_owner
--

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

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
-- Name: airport_overrides; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.airport_overrides ENABLE ROW LEVEL SECURITY;

--
-- Name: airport_overrides airport_overrides_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY airport_overrides_owner_all ON engine.airport_overrides TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: airports; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.airports ENABLE ROW LEVEL SECURITY;

--
-- Name: airports airports_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY airports_owner_all ON engine.airports TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: booking_attempt_passengers; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.booking_attempt_passengers ENABLE ROW LEVEL SECURITY;

--
-- Name: booking_attempt_passengers booking_attempt_passengers_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY booking_attempt_passengers_owner_all ON engine.booking_attempt_passengers TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: consent_texts; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.consent_texts ENABLE ROW LEVEL SECURITY;

--
-- Name: consent_texts consent_texts_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY consent_texts_owner_all ON engine.consent_texts TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: counter_parts; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.counter_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: counter_parts counter_parts_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY counter_parts_owner_all ON engine.counter_parts TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: counters; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.counters ENABLE ROW LEVEL SECURITY;

--
-- Name: counters counters_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY counters_owner_all ON engine.counters TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: daily_fares; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.daily_fares ENABLE ROW LEVEL SECURITY;

--
-- Name: daily_fares daily_fares_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY daily_fares_owner_all ON engine.daily_fares TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: deployed_objects; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.deployed_objects ENABLE ROW LEVEL SECURITY;

--
-- Name: deployed_objects deployed_objects_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY deployed_objects_owner_all ON engine.deployed_objects TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: exchange_rate_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.exchange_rate_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: exchange_rate_changes exchange_rate_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY exchange_rate_changes_owner_all ON engine.exchange_rate_changes TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: flag_register; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.flag_register ENABLE ROW LEVEL SECURITY;

--
-- Name: flag_register flag_register_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY flag_register_owner_all ON engine.flag_register TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: installation; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.installation ENABLE ROW LEVEL SECURITY;

--
-- Name: installation_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.installation_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: installation_changes installation_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY installation_changes_owner_all ON engine.installation_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: installation installation_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY installation_owner_all ON engine.installation TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: job_beats; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.job_beats ENABLE ROW LEVEL SECURITY;

--
-- Name: job_beats job_beats_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY job_beats_owner_all ON engine.job_beats TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: job_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.job_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: job_changes job_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY job_changes_owner_all ON engine.job_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: jobs; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.jobs ENABLE ROW LEVEL SECURITY;

--
-- Name: jobs jobs_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY jobs_owner_all ON engine.jobs TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: money_settings; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.money_settings ENABLE ROW LEVEL SECURITY;

--
-- Name: money_settings_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.money_settings_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: money_settings_changes money_settings_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY money_settings_changes_owner_all ON engine.money_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: money_settings money_settings_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY money_settings_owner_all ON engine.money_settings TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: search_settings_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.search_settings_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: search_settings_changes search_settings_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY search_settings_changes_owner_all ON engine.search_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: search_settings search_settings_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY search_settings_owner_all ON engine.search_settings TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: spans; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spans ENABLE ROW LEVEL SECURITY;

--
-- Name: spans spans_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY spans_owner_all ON engine.spans TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: spending_ceiling_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spending_ceiling_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: spending_ceiling_changes spending_ceiling_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY spending_ceiling_changes_owner_all ON engine.spending_ceiling_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: spending_ceilings; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.spending_ceilings ENABLE ROW LEVEL SECURITY;

--
-- Name: spending_ceilings spending_ceilings_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY spending_ceilings_owner_all ON engine.spending_ceilings TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: trace_settings; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.trace_settings ENABLE ROW LEVEL SECURITY;

--
-- Name: trace_settings_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.trace_settings_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: trace_settings_changes trace_settings_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY trace_settings_changes_owner_all ON engine.trace_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: trace_settings trace_settings_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY trace_settings_owner_all ON engine.trace_settings TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: traveller_limit_changes; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.traveller_limit_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: traveller_limit_changes traveller_limit_changes_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY traveller_limit_changes_owner_all ON engine.traveller_limit_changes TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: traveller_limits; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.traveller_limits ENABLE ROW LEVEL SECURITY;

--
-- Name: traveller_limits traveller_limits_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY traveller_limits_owner_all ON engine.traveller_limits TO skylatch_owner USING (true) WITH CHECK (true);

--
-- Name: travellers; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.travellers ENABLE ROW LEVEL SECURITY;

--
-- Name: travellers travellers_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY travellers_owner_all ON engine.travellers TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: write_probe; Type: ROW SECURITY; Schema: engine; Owner: skylatch_owner
--

ALTER TABLE engine.write_probe ENABLE ROW LEVEL SECURITY;

--
-- Name: write_probe write_probe_owner_all; Type: POLICY; Schema: engine; Owner: skylatch_owner
--

CREATE POLICY write_probe_owner_all ON engine.write_probe TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: consents; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

--
-- Name: consents consents_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY consents_authenticated_select ON public.consents FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: consents consents_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY consents_owner_all ON public.consents TO skylatch_owner USING (true) WITH CHECK (true);

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
-- Name: spending_limits; Type: ROW SECURITY; Schema: public; Owner: skylatch_owner
--

ALTER TABLE public.spending_limits ENABLE ROW LEVEL SECURITY;

--
-- Name: spending_limits spending_limits_authenticated_insert; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY spending_limits_authenticated_insert ON public.spending_limits FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: spending_limits spending_limits_authenticated_select; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY spending_limits_authenticated_select ON public.spending_limits FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: spending_limits spending_limits_authenticated_update; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY spending_limits_authenticated_update ON public.spending_limits FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

--
-- Name: spending_limits spending_limits_owner_all; Type: POLICY; Schema: public; Owner: skylatch_owner
--

CREATE POLICY spending_limits_owner_all ON public.spending_limits TO skylatch_owner USING (true) WITH CHECK (true);

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
GRANT USAGE ON SCHEMA engine TO skylatch_feed;
GRANT USAGE ON SCHEMA engine TO skylatch_watch;
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
-- Name: FUNCTION a_booking_is_what_was_agreed(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_booking_is_what_was_agreed(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION a_cancelled_booking_says_so(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_cancelled_booking_says_so(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION a_definer_function_is_pinned_and_granted_by_name(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_definer_function_is_pinned_and_granted_by_name() FROM PUBLIC;

--
-- Name: FUNCTION a_hold_is_decided_before_it_lapses(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_hold_is_decided_before_it_lapses(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION a_policy_trusts_no_setting_that_a_caller_may_set(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_policy_trusts_no_setting_that_a_caller_may_set() FROM PUBLIC;

--
-- Name: FUNCTION a_success_has_its_booking(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_success_has_its_booking(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION a_travellers_rows_are_behind_row_level_security(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_travellers_rows_are_behind_row_level_security() FROM PUBLIC;

--
-- Name: FUNCTION a_trip_says_what_its_attempt_says(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_trip_says_what_its_attempt_says(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION a_view_shows_what_its_reader_may_see(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.a_view_shows_what_its_reader_may_see() FROM PUBLIC;

--
-- Name: FUNCTION acts_as(p_role text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.acts_as(p_role text) FROM PUBLIC;

--
-- Name: FUNCTION add_span(p_trace_id uuid, p_span_id bigint, p_parent_id bigint, p_name text, p_started_at timestamp with time zone, p_attributes jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.add_span(p_trace_id uuid, p_span_id bigint, p_parent_id bigint, p_name text, p_started_at timestamp with time zone, p_attributes jsonb) FROM PUBLIC;

--
-- Name: FUNCTION adopt_found(p_payments jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.adopt_found(p_payments jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: TABLE booking_attempts; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.booking_attempts TO authenticated;
GRANT SELECT ON TABLE public.booking_attempts TO service_role;

--
-- Name: FUNCTION advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_as_state text, p_reason text, p_actor text, p_correlation_id text, p_now timestamp with time zone, p_hand_to text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.advance_attempt(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_as_state text, p_reason text, p_actor text, p_correlation_id text, p_now timestamp with time zone, p_hand_to text) FROM PUBLIC;

--
-- Name: FUNCTION an_attempt_goes_on_or_waits_for_a_person(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.an_attempt_goes_on_or_waits_for_a_person(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION an_event_is_acted_on(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.an_event_is_acted_on(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION an_event_is_kept_once(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.an_event_is_kept_once(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION an_order_is_sent_once_after_its_intent(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.an_order_is_sent_once_after_its_intent(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION an_unknown_order_is_not_let_go(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.an_unknown_order_is_not_let_go(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION apply_airport_overrides(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_airport_overrides() FROM PUBLIC;

--
-- Name: FUNCTION apply_event(p_event engine.provider_events, p_effect engine.event_effects, p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_event(p_event engine.provider_events, p_effect engine.event_effects, p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION apply_events(p_limit integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_events(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION apply_exchange_rate(p_change_id bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_exchange_rate(p_change_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION apply_look(p_call engine.provider_calls, p_report engine.call_report, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.apply_look(p_call engine.provider_calls, p_report engine.call_report, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION ask_cancellation(p_booking_id uuid, p_min_refund numeric); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.ask_cancellation(p_booking_id uuid, p_min_refund numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.ask_cancellation(p_booking_id uuid, p_min_refund numeric) TO authenticated;
GRANT ALL ON FUNCTION engine.ask_cancellation(p_booking_id uuid, p_min_refund numeric) TO service_role;

--
-- Name: FUNCTION asked_by(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.asked_by(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION child_span(p_kind integer, p_of bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.child_span(p_kind integer, p_of bigint) FROM PUBLIC;

--
-- Name: FUNCTION trace_hex(p_trace_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trace_hex(p_trace_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION attempt_span(p_kind integer, p_attempt_id uuid, p_number bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.attempt_span(p_kind integer, p_attempt_id uuid, p_number bigint) FROM PUBLIC;

--
-- Name: FUNCTION beat_flags(p_source text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.beat_flags(p_source text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.beat_flags(p_source text) TO skylatch_sidecar;

--
-- Name: FUNCTION beat_job(p_job text, p_done boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.beat_job(p_job text, p_done boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.beat_job(p_job text, p_done boolean) TO skylatch_cron;

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
-- Name: COLUMN trip_requests.airlines_only; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(airlines_only),UPDATE(airlines_only) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(airlines_only),UPDATE(airlines_only) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.airlines_never; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(airlines_never),UPDATE(airlines_never) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(airlines_never),UPDATE(airlines_never) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.alliances; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(alliances),UPDATE(alliances) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(alliances),UPDATE(alliances) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.layover_min; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(layover_min),UPDATE(layover_min) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(layover_min),UPDATE(layover_min) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.layover_max; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(layover_max),UPDATE(layover_max) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(layover_max),UPDATE(layover_max) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.depart_after; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(depart_after),UPDATE(depart_after) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(depart_after),UPDATE(depart_after) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.depart_before; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(depart_before),UPDATE(depart_before) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(depart_before),UPDATE(depart_before) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.arrive_after; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(arrive_after),UPDATE(arrive_after) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(arrive_after),UPDATE(arrive_after) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.arrive_before; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(arrive_before),UPDATE(arrive_before) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(arrive_before),UPDATE(arrive_before) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_depart_after; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_depart_after),UPDATE(return_depart_after) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_depart_after),UPDATE(return_depart_after) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_depart_before; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_depart_before),UPDATE(return_depart_before) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_depart_before),UPDATE(return_depart_before) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_arrive_after; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_arrive_after),UPDATE(return_arrive_after) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_arrive_after),UPDATE(return_arrive_after) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.return_arrive_before; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(return_arrive_before),UPDATE(return_arrive_before) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(return_arrive_before),UPDATE(return_arrive_before) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.no_red_eye; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(no_red_eye),UPDATE(no_red_eye) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(no_red_eye),UPDATE(no_red_eye) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.no_airport_change; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(no_airport_change),UPDATE(no_airport_change) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(no_airport_change),UPDATE(no_airport_change) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.refundable; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(refundable),UPDATE(refundable) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(refundable),UPDATE(refundable) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.changeable; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(changeable),UPDATE(changeable) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(changeable),UPDATE(changeable) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.max_emissions_kg; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(max_emissions_kg),UPDATE(max_emissions_kg) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(max_emissions_kg),UPDATE(max_emissions_kg) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.accept_unknown; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(accept_unknown),UPDATE(accept_unknown) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(accept_unknown),UPDATE(accept_unknown) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.price_weight; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(price_weight),UPDATE(price_weight) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(price_weight),UPDATE(price_weight) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.duration_weight; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(duration_weight),UPDATE(duration_weight) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(duration_weight),UPDATE(duration_weight) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.connections_weight; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(connections_weight),UPDATE(connections_weight) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(connections_weight),UPDATE(connections_weight) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.airline_weight; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(airline_weight),UPDATE(airline_weight) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(airline_weight),UPDATE(airline_weight) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.decide_by; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(decide_by),UPDATE(decide_by) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(decide_by),UPDATE(decide_by) ON TABLE public.trip_requests TO service_role;

--
-- Name: COLUMN trip_requests.max_searches; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(max_searches),UPDATE(max_searches) ON TABLE public.trip_requests TO authenticated;
GRANT INSERT(max_searches),UPDATE(max_searches) ON TABLE public.trip_requests TO service_role;

--
-- Name: FUNCTION begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.begin_attempt(p_trip public.trip_requests, p_flight_offer_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text) FROM PUBLIC;

--
-- Name: FUNCTION belongs_elsewhere(p_metadata jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.belongs_elsewhere(p_metadata jsonb) FROM PUBLIC;

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
-- Name: FUNCTION booking_look_interval(p_ahead interval); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.booking_look_interval(p_ahead interval) FROM PUBLIC;

--
-- Name: FUNCTION bootstrap_problems(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.bootstrap_problems() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.bootstrap_problems() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.bootstrap_problems() TO skylatch_operator;

--
-- Name: FUNCTION build_request(p_call engine.provider_calls); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.build_request(p_call engine.provider_calls) FROM PUBLIC;

--
-- Name: FUNCTION buy_or_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.buy_or_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION call_request(p_call engine.provider_calls, p_traced boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.call_request(p_call engine.provider_calls, p_traced boolean) FROM PUBLIC;

--
-- Name: FUNCTION call_span(p_kind integer, p_call_id bigint, p_epoch integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.call_span(p_kind integer, p_call_id bigint, p_epoch integer) FROM PUBLIC;

--
-- Name: FUNCTION caller(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.caller() FROM PUBLIC;

--
-- Name: FUNCTION cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.cancel_booked_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION cancel_by_airline(p_attempt public.booking_attempts, p_order jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.cancel_by_airline(p_attempt public.booking_attempts, p_order jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION ceiling_problem(p_user_id uuid, p_currency text, p_amount numeric, p_attempt_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.ceiling_problem(p_user_id uuid, p_currency text, p_amount numeric, p_attempt_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION change_cron_job(p_action text, p_job text, p_schedule text, p_command text); Type: ACL; Schema: engine; Owner: skylatch_cron
--

REVOKE ALL ON FUNCTION engine.change_cron_job(p_action text, p_job text, p_schedule text, p_command text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.change_cron_job(p_action text, p_job text, p_schedule text, p_command text) TO skylatch_owner;

--
-- Name: FUNCTION change_trip_status(p_trip_id uuid, p_action text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) TO authenticated;
GRANT ALL ON FUNCTION engine.change_trip_status(p_trip_id uuid, p_action text) TO service_role;

--
-- Name: FUNCTION charge_searches(p_trip public.trip_requests, p_searches integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.charge_searches(p_trip public.trip_requests, p_searches integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_card(p_user_id uuid, p_card_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_ceilings(p_user_id uuid, p_trip_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_ceilings(p_user_id uuid, p_trip_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_consent(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_consent(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION check_consent_text(p_version text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_consent_text(p_version text) FROM PUBLIC;

--
-- Name: FUNCTION check_failures(p_user_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_failures(p_user_id uuid, p_now timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION check_price_ceiling(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_price_ceiling(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION check_profile(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_profile() FROM PUBLIC;

--
-- Name: FUNCTION check_sizes(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_sizes() FROM PUBLIC;

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
-- Name: FUNCTION check_wishes(p_trip public.trip_requests, p_first_day date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.check_wishes(p_trip public.trip_requests, p_first_day date) FROM PUBLIC;

--
-- Name: FUNCTION choose_searches(p_budget integer, p_now timestamp with time zone, p_without uuid[]); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.choose_searches(p_budget integer, p_now timestamp with time zone, p_without uuid[]) FROM PUBLIC;

--
-- Name: FUNCTION city_airports(p_codes text[]); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.city_airports(p_codes text[]) FROM PUBLIC;

--
-- Name: FUNCTION claim_calls(p_worker text, p_limit integer, p_searches integer, p_traced boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer, p_traced boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.claim_calls(p_worker text, p_limit integer, p_searches integer, p_traced boolean) TO skylatch_sidecar;

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
-- Name: FUNCTION complete_consent(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.complete_consent() FROM PUBLIC;

--
-- Name: FUNCTION confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.confirm_booking(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION confirm_exchange_rates(p_change_ids bigint[], p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.confirm_exchange_rates(p_change_ids bigint[], p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.confirm_exchange_rates(p_change_ids bigint[], p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION present_history(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.present_history() FROM PUBLIC;

--
-- Name: FUNCTION confirm_history(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.confirm_history(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION consent_party(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.consent_party(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION consent_problem(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.consent_problem(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION convert_cap(p_trip public.trip_requests, p_currency text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.convert_cap(p_trip public.trip_requests, p_currency text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.count_apply_failure(p_call_id bigint, p_error text, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION count_offers(p_user_id uuid, p_trip_id uuid, p_round integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.count_offers(p_user_id uuid, p_trip_id uuid, p_round integer) FROM PUBLIC;

--
-- Name: FUNCTION count_step(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.count_step(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text) FROM PUBLIC;

--
-- Name: FUNCTION counter_metrics(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.counter_metrics() FROM PUBLIC;

--
-- Name: FUNCTION date_consent(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.date_consent() FROM PUBLIC;

--
-- Name: FUNCTION decide_case(p_case_id bigint, p_action text, p_reason text, p_order_id text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.decide_case(p_case_id bigint, p_action text, p_reason text, p_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.decide_case(p_case_id bigint, p_action text, p_reason text, p_order_id text) TO skylatch_operator;

--
-- Name: FUNCTION decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.decide_trip(p_user_id uuid, p_trip_id uuid, p_actor text, p_now timestamp with time zone, p_trace engine.trace_context, p_hand_to text) FROM PUBLIC;

--
-- Name: FUNCTION degradations(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.degradations() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.degradations() TO skylatch_sidecar;

--
-- Name: FUNCTION format_money(p_amount numeric, p_currency text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.format_money(p_amount numeric, p_currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.format_money(p_amount numeric, p_currency text) TO authenticated;
GRANT ALL ON FUNCTION engine.format_money(p_amount numeric, p_currency text) TO service_role;

--
-- Name: TABLE flight_offers; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.flight_offers TO authenticated;
GRANT SELECT ON TABLE public.flight_offers TO service_role;

--
-- Name: FUNCTION describe_offer(p_offer public.flight_offers); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.describe_offer(p_offer public.flight_offers) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.describe_offer(p_offer public.flight_offers) TO authenticated;
GRANT ALL ON FUNCTION engine.describe_offer(p_offer public.flight_offers) TO service_role;

--
-- Name: FUNCTION describe_round(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.describe_round(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION drain_events(p_limit integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.drain_events(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.drain_events(p_limit integer) TO skylatch_sidecar;

--
-- Name: FUNCTION drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.drop_passenger(p_trip_id uuid, p_traveler_profile_id uuid) TO service_role;

--
-- Name: FUNCTION drop_spending_limit(p_currency text, p_period text, p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.drop_spending_limit(p_currency text, p_period text, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.drop_spending_limit(p_currency text, p_period text, p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.drop_spending_limit(p_currency text, p_period text, p_user_id uuid) TO service_role;

--
-- Name: FUNCTION due_jobs(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.due_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.due_jobs() TO skylatch_sidecar;

--
-- Name: FUNCTION earlier_reading(p_at timestamp with time zone, p_zone text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.earlier_reading(p_at timestamp with time zone, p_zone text) FROM PUBLIC;

--
-- Name: FUNCTION end_case(p_case_id bigint, p_resolution text, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.end_case(p_case_id bigint, p_resolution text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.end_case(p_case_id bigint, p_resolution text, p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION end_heartbeat(p_worker text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.end_heartbeat(p_worker text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.end_heartbeat(p_worker text) TO skylatch_sidecar;

--
-- Name: FUNCTION end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_report engine.call_report, p_actor text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.end_state(p_from public.booking_attempts, p_to public.booking_attempts, p_operation text, p_verdict text, p_report engine.call_report, p_actor text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone, p_hand_to text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.enqueue_call(p_attempt public.booking_attempts, p_operation text, p_run_at timestamp with time zone, p_hand_to text) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.enqueue_look(p_operation text, p_object_id text, p_payload jsonb, p_attempt public.booking_attempts, p_run_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_searches(p_trips uuid[], p_ordinals smallint[], p_first_at timestamp with time zone, p_every interval, p_cause text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.enqueue_searches(p_trips uuid[], p_ordinals smallint[], p_first_at timestamp with time zone, p_every interval, p_cause text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION epochs_never_fall(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.epochs_never_fall(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION evaluate_flag(p_flag text, p_context text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.evaluate_flag(p_flag text, p_context text) FROM PUBLIC;

--
-- Name: FUNCTION event_attempt(p_object_id text, p_hints jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.event_attempt(p_object_id text, p_hints jsonb) FROM PUBLIC;

--
-- Name: FUNCTION every_step_is_on_record(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.every_step_is_on_record(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION every_step_is_one_that_the_saga_has(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.every_step_is_one_that_the_saga_has(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION expire_offers(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.expire_offers(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION explain_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.explain_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.explain_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.explain_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION failure_reason(p_error_code text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.failure_reason(p_error_code text) FROM PUBLIC;

--
-- Name: FUNCTION fare_outlook(p_origin text, p_destination text, p_currency text, p_lead integer, p_days integer, p_standing text, p_cap numeric, p_today date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.fare_outlook(p_origin text, p_destination text, p_currency text, p_lead integer, p_days integer, p_standing text, p_cap numeric, p_today date) FROM PUBLIC;

--
-- Name: FUNCTION fare_standing(p_fare numeric, p_typical numeric); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.fare_standing(p_fare numeric, p_typical numeric) FROM PUBLIC;

--
-- Name: FUNCTION field_problem(p_relation text, p_row jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.field_problem(p_relation text, p_row jsonb) FROM PUBLIC;

--
-- Name: FUNCTION find_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.find_case(p_kind text, p_object_id text, p_attempt public.booking_attempts, p_summary text, p_evidence jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_doubles(p_what text, p_trip_ids uuid[], p_object_ids text[], p_are_live boolean[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.find_doubles(p_what text, p_trip_ids uuid[], p_object_ids text[], p_are_live boolean[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_rule(p_operation text, p_http_status integer, p_error_code text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.find_rule(p_operation text, p_http_status integer, p_error_code text) FROM PUBLIC;

--
-- Name: FUNCTION finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.finish_calls(p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean) TO skylatch_sidecar;

--
-- Name: FUNCTION finish_scan(p_scan text, p_call engine.provider_calls, p_found integer, p_passed_over integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.finish_scan(p_scan text, p_call engine.provider_calls, p_found integer, p_passed_over integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION flag_audit(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flag_audit() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.flag_audit() TO skylatch_operator;

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
-- Name: FUNCTION flight_times(p_itinerary jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.flight_times(p_itinerary jsonb) FROM PUBLIC;

--
-- Name: FUNCTION follow_cron_node(); Type: ACL; Schema: engine; Owner: skylatch_cron
--

REVOKE ALL ON FUNCTION engine.follow_cron_node() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.follow_cron_node() TO skylatch_owner;

--
-- Name: FUNCTION found_order(p_attempt public.booking_attempts, p_body jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.found_order(p_attempt public.booking_attempts, p_body jsonb) FROM PUBLIC;

--
-- Name: FUNCTION found_refund(p_attempt public.booking_attempts, p_body jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.found_refund(p_attempt public.booking_attempts, p_body jsonb) FROM PUBLIC;

--
-- Name: FUNCTION freeze_earlier_parties(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.freeze_earlier_parties() FROM PUBLIC;

--
-- Name: FUNCTION freeze_party(p_attempt public.booking_attempts); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.freeze_party(p_attempt public.booking_attempts) FROM PUBLIC;

--
-- Name: FUNCTION gate_problem(p_flag text, p_answer jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.gate_problem(p_flag text, p_answer jsonb) FROM PUBLIC;

--
-- Name: FUNCTION gather_evidence(p_case_id bigint, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.gather_evidence(p_case_id bigint, p_now timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION history_is_confirmed(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.history_is_confirmed(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION history_problem(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.history_problem() FROM PUBLIC;

--
-- Name: FUNCTION history_settles_at(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.history_settles_at() FROM PUBLIC;

--
-- Name: FUNCTION hold_listed_trip(p_trip_id uuid, p_read_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.hold_listed_trip(p_trip_id uuid, p_read_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION hold_mirror(p_worker text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.hold_mirror(p_worker text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.hold_mirror(p_worker text) TO skylatch_sidecar;

--
-- Name: FUNCTION hold_traveller(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.hold_traveller(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION hold_trip(p_case_id bigint, p_trip_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.hold_trip(p_case_id bigint, p_trip_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION holds_secret(p_text text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.holds_secret(p_text text) FROM PUBLIC;

--
-- Name: FUNCTION in_base_currency(p_amount numeric, p_currency text, p_is_new boolean, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.in_base_currency(p_amount numeric, p_currency text, p_is_new boolean, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.ingest_offers(p_user_id uuid, p_trip_id uuid, p_round integer, p_request jsonb, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION installation_id(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.installation_id() FROM PUBLIC;

--
-- Name: FUNCTION is_recent(p_at timestamp with time zone, p_limit interval, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_recent(p_at timestamp with time zone, p_limit interval, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION is_beating(p_seen_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_beating(p_seen_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION is_over(p_places text[], p_day date, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_over(p_places text[], p_day date, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION is_within(p_time time without time zone, p_after time without time zone, p_before time without time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.is_within(p_time time without time zone, p_after time without time zone, p_before time without time zone) FROM PUBLIC;

--
-- Name: FUNCTION job_overview(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.job_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.job_overview() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.job_overview() TO service_role;

--
-- Name: FUNCTION job_states(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.job_states(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION journey_ends(p_itinerary jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.journey_ends(p_itinerary jsonb) FROM PUBLIC;

--
-- Name: FUNCTION judge_offer(p_trip public.trip_requests, p_offer public.flight_offers, p_terms engine.offer_terms, p_now timestamp with time zone, OUT ineligible text[], OUT score numeric, OUT score_parts jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.judge_offer(p_trip public.trip_requests, p_offer public.flight_offers, p_terms engine.offer_terms, p_now timestamp with time zone, OUT ineligible text[], OUT score numeric, OUT score_parts jsonb) FROM PUBLIC;

--
-- Name: FUNCTION judge_orders(p_orders jsonb, p_read_at timestamp with time zone, p_made_before timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.judge_orders(p_orders jsonb, p_read_at timestamp with time zone, p_made_before timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION keep_daily_fare(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.keep_daily_fare() FROM PUBLIC;

--
-- Name: FUNCTION kill_switch_history(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.kill_switch_history() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.kill_switch_history() TO skylatch_operator;

--
-- Name: FUNCTION known_rate(p_base text, p_quote text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.known_rate(p_base text, p_quote text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION last_wait_decision(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.last_wait_decision(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_reason text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.learn_from_answer(p_attempt public.booking_attempts, p_operation text, p_verdict text, p_rule engine.outcome_rules, p_report engine.call_report, p_reason text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION lease_calls(p_worker text, p_ids bigint[], p_traced boolean, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lease_calls(p_worker text, p_ids bigint[], p_traced boolean, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION possible_actions(p_case engine.review_cases, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.possible_actions(p_case engine.review_cases, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION list_cases(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.list_cases() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.list_cases() TO skylatch_operator;

--
-- Name: FUNCTION list_reasons(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.list_reasons() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.list_reasons() TO authenticated;
GRANT ALL ON FUNCTION engine.list_reasons() TO service_role;

--
-- Name: FUNCTION list_time(p_provider text, p_time timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.list_time(p_provider text, p_time timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION lock_case(p_case_id bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lock_case(p_case_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lock_traveller(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lock_traveller(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION lock_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.lock_trip(p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_cause text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb, p_trace_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.log_event(p_user_id uuid, p_trip_id uuid, p_attempt_id uuid, p_actor text, p_cause text, p_from_state text, p_to_state text, p_reason text, p_detail jsonb, p_trace_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION look_again(p_case_id bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.look_again(p_case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.look_again(p_case_id bigint) TO skylatch_operator;

--
-- Name: FUNCTION look_at_bookings(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.look_at_bookings(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION look_interval(p_departure_date date, p_cheapest numeric, p_cap numeric, p_volatility real, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.look_interval(p_departure_date date, p_cheapest numeric, p_cap numeric, p_volatility real, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION manage_monitor_job(p_action text, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.manage_monitor_job(p_action text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.manage_monitor_job(p_action text, p_reason text) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.manage_monitor_job(p_action text, p_reason text) TO service_role;

--
-- Name: FUNCTION mark_sent(p_call_id bigint, p_epoch integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.mark_sent(p_call_id bigint, p_epoch integer) TO skylatch_sidecar;

--
-- Name: FUNCTION match_party(p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.match_party(p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date) FROM PUBLIC;

--
-- Name: FUNCTION may_act_for(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.may_act_for(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION may_ask_again_at(p_trip public.trip_requests, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.may_ask_again_at(p_trip public.trip_requests, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION may_have_order(p_user_id uuid, p_attempt_id uuid, p_made_at timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.may_have_order(p_user_id uuid, p_attempt_id uuid, p_made_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION metric_labels(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.metric_labels() FROM PUBLIC;

--
-- Name: FUNCTION metrics(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.metrics() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.metrics() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.metrics() TO skylatch_operator;

--
-- Name: FUNCTION miss_flags(p_source text, p_problem text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.miss_flags(p_source text, p_problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.miss_flags(p_source text, p_problem text) TO skylatch_sidecar;

--
-- Name: FUNCTION monitor_run(p_run_id bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.monitor_run(p_run_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.monitor_run(p_run_id bigint) TO skylatch_sidecar;

--
-- Name: FUNCTION monitor_status(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.monitor_status() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.monitor_status() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.monitor_status() TO service_role;

--
-- Name: FUNCTION net_problems(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.net_problems() FROM PUBLIC;

--
-- Name: FUNCTION never_above_the_limit(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.never_above_the_limit(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION next_volatility(p_volatility real, p_before numeric, p_after numeric); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.next_volatility(p_volatility real, p_before numeric, p_after numeric) FROM PUBLIC;

--
-- Name: FUNCTION no_call_is_ahead_of_its_attempt(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.no_call_is_ahead_of_its_attempt(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION no_card_number_or_secret_in_a_text(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.no_card_number_or_secret_in_a_text(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION no_failure_hides_an_order(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.no_failure_hides_an_order(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION no_hold_is_left_when_an_attempt_fails(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.no_hold_is_left_when_an_attempt_fails(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION no_limit_of_a_traveller_is_exceeded(p_since timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.no_limit_of_a_traveller_is_exceeded(p_since timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nobody_is_on_two_flights_at_once(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nobody_is_on_two_flights_at_once(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_breaker(p_operation text, p_report engine.call_report, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_breaker(p_operation text, p_report engine.call_report, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_changed_limit(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_changed_limit() FROM PUBLIC;

--
-- Name: FUNCTION note_changed_person(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_changed_person() FROM PUBLIC;

--
-- Name: FUNCTION note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_dispute(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_itinerary(p_attempt public.booking_attempts, p_order jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_itinerary(p_attempt public.booking_attempts, p_order jsonb, p_read_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_lost(p_attempt_id uuid, p_trip_id uuid, p_facts jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_lost(p_attempt_id uuid, p_trip_id uuid, p_facts jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_method(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_order(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_orphan_void(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_orphan_void(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_payment(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.note_refund(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nothing_begins_that_the_flags_do_not_allow(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nothing_begins_that_the_flags_do_not_allow(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nothing_begins_while_booking_is_stopped(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nothing_begins_while_booking_is_stopped(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nothing_begins_with_an_expired_offer(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nothing_begins_with_an_expired_offer(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nothing_is_kept_of_an_attempt_that_failed(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nothing_is_kept_of_an_attempt_that_failed(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION nothing_is_ordered_or_charged_without_an_attempt(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nothing_is_ordered_or_charged_without_an_attempt() FROM PUBLIC;

--
-- Name: FUNCTION nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.nudge_attempt(p_user_id uuid, p_attempt_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION object_digests(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.object_digests() FROM PUBLIC;

--
-- Name: FUNCTION offer_problem(p_offer jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.offer_problem(p_offer jsonb) FROM PUBLIC;

--
-- Name: FUNCTION offer_rules(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.offer_rules() FROM PUBLIC;

--
-- Name: FUNCTION offer_shape(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.offer_shape() FROM PUBLIC;

--
-- Name: FUNCTION offer_terms(p_trip public.trip_requests, p_currency text, p_passengers jsonb, p_first_day date, p_last_day date, p_status text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.offer_terms(p_trip public.trip_requests, p_currency text, p_passengers jsonb, p_first_day date, p_last_day date, p_status text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION oldest_sidecar(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.oldest_sidecar() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.oldest_sidecar() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.oldest_sidecar() TO skylatch_operator;

--
-- Name: FUNCTION one_live_attempt_or_booking_per_trip(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.one_live_attempt_or_booking_per_trip(p_since timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION one_live_order_and_one_capture_per_trip(p_since timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.one_live_order_and_one_capture_per_trip(p_since timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION open_trip_case(p_kind text, p_object_id text, p_trip_id uuid, p_summary text, p_evidence jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.open_trip_case(p_kind text, p_object_id text, p_trip_id uuid, p_summary text, p_evidence jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION order_itinerary(p_order jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.order_itinerary(p_order jsonb) FROM PUBLIC;

--
-- Name: FUNCTION order_party(p_user_id uuid, p_flight_offer_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.order_party(p_user_id uuid, p_flight_offer_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION order_problem(p_attempt public.booking_attempts, p_order jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.order_problem(p_attempt public.booking_attempts, p_order jsonb) FROM PUBLIC;

--
-- Name: FUNCTION our_mark(p_attempt public.booking_attempts); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.our_mark(p_attempt public.booking_attempts) FROM PUBLIC;

--
-- Name: FUNCTION outcome_code(p_call engine.provider_calls, p_report engine.call_report, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.outcome_code(p_call engine.provider_calls, p_report engine.call_report, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION overlap_problem(p_user_id uuid, p_attempt_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.overlap_problem(p_user_id uuid, p_attempt_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION overlapping_attempts(p_user_id uuid, p_attempt_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.overlapping_attempts(p_user_id uuid, p_attempt_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION override_airport(p_reason text, p_iata text, p_time_zone text, p_name text, p_city text, p_country text, p_latitude double precision, p_longitude double precision); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.override_airport(p_reason text, p_iata text, p_time_zone text, p_name text, p_city text, p_country text, p_latitude double precision, p_longitude double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.override_airport(p_reason text, p_iata text, p_time_zone text, p_name text, p_city text, p_country text, p_latitude double precision, p_longitude double precision) TO skylatch_operator;

--
-- Name: FUNCTION override_city(p_reason text, p_iata text, p_airports text[], p_name text, p_time_zone text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.override_city(p_reason text, p_iata text, p_airports text[], p_name text, p_time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.override_city(p_reason text, p_iata text, p_airports text[], p_name text, p_time_zone text) TO skylatch_operator;

--
-- Name: FUNCTION party_change(p_attempt public.booking_attempts); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.party_change(p_attempt public.booking_attempts) FROM PUBLIC;

--
-- Name: FUNCTION party_problem(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.party_problem(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION person_key(p_user_id uuid, p_given_name text, p_family_name text, p_born_on date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.person_key(p_user_id uuid, p_given_name text, p_family_name text, p_born_on date) FROM PUBLIC;

--
-- Name: FUNCTION pin_flags(p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.pin_flags(p_user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION pipeline_status(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.pipeline_status() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.pipeline_status() TO skylatch_watch;
GRANT ALL ON FUNCTION engine.pipeline_status() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.pipeline_status() TO skylatch_operator;

--
-- Name: FUNCTION place_zone(p_code text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.place_zone(p_code text) FROM PUBLIC;

--
-- Name: FUNCTION places_moved(p_attempt public.booking_attempts); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.places_moved(p_attempt public.booking_attempts) FROM PUBLIC;

--
-- Name: FUNCTION plain_name(p_name text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plain_name(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION plan_changed_party(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_changed_party() FROM PUBLIC;

--
-- Name: FUNCTION plan_changed_profile(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_changed_profile() FROM PUBLIC;

--
-- Name: FUNCTION plan_changed_trip(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_changed_trip() FROM PUBLIC;

--
-- Name: FUNCTION plan_searches(p_trip public.trip_requests, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_searches(p_trip public.trip_requests, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION plan_trips(p_trips uuid[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plan_trips(p_trips uuid[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION plpython_handshake(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.plpython_handshake() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.plpython_handshake() TO skylatch_sidecar;

--
-- Name: FUNCTION probe_write(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.probe_write() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.probe_write() TO skylatch_sidecar;

--
-- Name: FUNCTION provider_word(p_text text, p_otherwise text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.provider_word(p_text text, p_otherwise text) FROM PUBLIC;

--
-- Name: FUNCTION publish_consent_text(p_version text, p_body text, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.publish_consent_text(p_version text, p_body text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.publish_consent_text(p_version text, p_body text, p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION purge(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.purge() TO skylatch_cron;

--
-- Name: FUNCTION purge_cron_log(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge_cron_log() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.purge_cron_log() TO skylatch_cron;

--
-- Name: FUNCTION purge_events(p_limit integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge_events(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION purge_offers(p_limit integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge_offers(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION purge_searches(p_limit integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge_searches(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION purge_spans(p_limit integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.purge_spans(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION raise_counter(p_counter text, p_labels jsonb, p_value numeric); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.raise_counter(p_counter text, p_labels jsonb, p_value numeric) FROM PUBLIC;

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
-- Name: FUNCTION read_offers(p_offers jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.read_offers(p_offers jsonb) FROM PUBLIC;

--
-- Name: FUNCTION read_report(p_report jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.read_report(p_report jsonb) FROM PUBLIC;

--
-- Name: FUNCTION reason_to_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.reason_to_wait(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION receive_events(p_provider text, p_events jsonb, p_received_by text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.receive_events(p_provider text, p_events jsonb, p_received_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.receive_events(p_provider text, p_events jsonb, p_received_by text) TO skylatch_sidecar;

--
-- Name: FUNCTION receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.receive_sweep(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION record_action(p_case engine.review_cases, p_action text, p_reason text, p_outcome text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_action(p_case engine.review_cases, p_action text, p_reason text, p_outcome text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION record_consent(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_consent() FROM PUBLIC;

--
-- Name: FUNCTION record_evidence(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_evidence(p_call engine.provider_calls, p_body jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION record_flag_usage(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_flag_usage() FROM PUBLIC;

--
-- Name: FUNCTION record_looks(p_trips uuid[], p_keys text[], p_offers integer[], p_cheapest numeric[], p_currencies text[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.record_looks(p_trips uuid[], p_keys text[], p_offers integer[], p_cheapest numeric[], p_currencies text[], p_now timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION refuse_busy(p_sqlstate text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_busy(p_sqlstate text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.refuse_busy(p_sqlstate text) TO authenticated;
GRANT ALL ON FUNCTION engine.refuse_busy(p_sqlstate text) TO service_role;
GRANT ALL ON FUNCTION engine.refuse_busy(p_sqlstate text) TO skylatch_sidecar;

--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_change() FROM PUBLIC;

--
-- Name: FUNCTION refuse_events(p_provider text, p_reason text, p_times bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_events(p_provider text, p_reason text, p_times bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.refuse_events(p_provider text, p_reason text, p_times bigint) TO skylatch_sidecar;

--
-- Name: FUNCTION refuse_runtime(p_versions jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_runtime(p_versions jsonb) FROM PUBLIC;

--
-- Name: FUNCTION refuse_setting(p_field text, p_value text, p_hint text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.refuse_setting(p_field text, p_value text, p_hint text) FROM PUBLIC;

--
-- Name: FUNCTION release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.release_trip(p_attempt public.booking_attempts, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION renew_installation(p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.renew_installation(p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.renew_installation(p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION require_bookable(p_trip public.trip_requests); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_bookable(p_trip public.trip_requests) FROM PUBLIC;

--
-- Name: FUNCTION require_pipeline(p_user_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_pipeline(p_user_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION require_room(p_user_id uuid, p_relation text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_room(p_user_id uuid, p_relation text) FROM PUBLIC;

--
-- Name: FUNCTION require_size(p_field text, p_values text[], p_elements integer, p_bytes integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_size(p_field text, p_values text[], p_elements integer, p_bytes integer) FROM PUBLIC;

--
-- Name: FUNCTION require_sizes(p_relation text, p_row jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_sizes(p_relation text, p_row jsonb) FROM PUBLIC;

--
-- Name: FUNCTION require_text(p_field text, p_text text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.require_text(p_field text, p_text text) FROM PUBLIC;

--
-- Name: FUNCTION retire_consent_text(p_version text, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.retire_consent_text(p_version text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.retire_consent_text(p_version text, p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.retry_at(p_operation text, p_tries integer, p_retry_after numeric, p_deadline_at timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION revive_plans(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.revive_plans(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION ring(p_channel text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.ring(p_channel text) FROM PUBLIC;

--
-- Name: FUNCTION role_problems(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.role_problems() FROM PUBLIC;

--
-- Name: FUNCTION route_problems(p_trip public.trip_requests, p_offer public.flight_offers, p_city_airports text[]); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.route_problems(p_trip public.trip_requests, p_offer public.flight_offers, p_city_airports text[]) FROM PUBLIC;

--
-- Name: FUNCTION run_monitor(p_started_by text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.run_monitor(p_started_by text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION same_passengers(p_these jsonb, p_those jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.same_passengers(p_these jsonb, p_those jsonb) FROM PUBLIC;

--
-- Name: FUNCTION schedule_trips(p_trips uuid[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.schedule_trips(p_trips uuid[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION search_credit(p_traveller engine.travellers, p_searches_per_hour integer, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_credit(p_traveller engine.travellers, p_searches_per_hour integer, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION search_key(p_request jsonb); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_key(p_request jsonb) FROM PUBLIC;

--
-- Name: FUNCTION search_plan(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_plan(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.search_plan(p_trip_id uuid) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.search_plan(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_request(p_trip public.trip_requests, p_origin text, p_destination text, p_departure_date date, p_return_date date) FROM PUBLIC;

--
-- Name: FUNCTION search_status(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_status() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.search_status() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.search_status() TO service_role;

--
-- Name: FUNCTION search_trip(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.search_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION engine.search_trip(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION seconds_since(p_since timestamp with time zone, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.seconds_since(p_since timestamp with time zone, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION selected_offer_problem(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.selected_offer_problem(p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION served_flags(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.served_flags() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.served_flags() TO skylatch_operator;

--
-- Name: FUNCTION set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.set_exchange_rate(p_base text, p_quote text, p_rate numeric, p_source text, p_reason text, p_as_of timestamp with time zone) TO skylatch_feed;

--
-- Name: FUNCTION set_kill_switch(p_engaged boolean, p_reason text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) TO skylatch_operator;
GRANT ALL ON FUNCTION engine.set_kill_switch(p_engaged boolean, p_reason text) TO service_role;

--
-- Name: FUNCTION set_money_settings(p_reason text, p_base_currency text, p_rate_jump numeric, p_rate_tolerance numeric, p_in_flight_margin interval); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_money_settings(p_reason text, p_base_currency text, p_rate_jump numeric, p_rate_tolerance numeric, p_in_flight_margin interval) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_money_settings(p_reason text, p_base_currency text, p_rate_jump numeric, p_rate_tolerance numeric, p_in_flight_margin interval) TO skylatch_operator;

--
-- Name: FUNCTION set_search_settings(p_reason text, p_searches_per_minute integer, p_fresh_for interval, p_keep_offers_for interval, p_rate_max_age interval, p_least_lead_time interval); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_search_settings(p_reason text, p_searches_per_minute integer, p_fresh_for interval, p_keep_offers_for interval, p_rate_max_age interval, p_least_lead_time interval) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_search_settings(p_reason text, p_searches_per_minute integer, p_fresh_for interval, p_keep_offers_for interval, p_rate_max_age interval, p_least_lead_time interval) TO skylatch_operator;

--
-- Name: FUNCTION set_spending_ceiling(p_subject text, p_period text, p_amount numeric, p_reason text, p_user_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_spending_ceiling(p_subject text, p_period text, p_amount numeric, p_reason text, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_spending_ceiling(p_subject text, p_period text, p_amount numeric, p_reason text, p_user_id uuid) TO skylatch_operator;

--
-- Name: FUNCTION set_trace_settings(p_reason text, p_ratio numeric); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_trace_settings(p_reason text, p_ratio numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_trace_settings(p_reason text, p_ratio numeric) TO skylatch_operator;

--
-- Name: FUNCTION set_traveller_limits(p_reason text, p_open_trips integer, p_profiles integer, p_search_pause interval, p_searches_per_hour integer, p_failed_bookings_per_hour integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.set_traveller_limits(p_reason text, p_open_trips integer, p_profiles integer, p_search_pause interval, p_searches_per_hour integer, p_failed_bookings_per_hour integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.set_traveller_limits(p_reason text, p_open_trips integer, p_profiles integer, p_search_pause interval, p_searches_per_hour integer, p_failed_bookings_per_hour integer) TO skylatch_operator;

--
-- Name: FUNCTION settle_call(p_report engine.call_report, p_recovered boolean, p_actor text, p_now timestamp with time zone, p_hand_to text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.settle_call(p_report engine.call_report, p_recovered boolean, p_actor text, p_now timestamp with time zone, p_hand_to text) FROM PUBLIC;

--
-- Name: FUNCTION share_looks(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.share_looks(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION silent_workers(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.silent_workers(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION size_limits(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.size_limits() FROM PUBLIC;

--
-- Name: FUNCTION spending_problem(p_user_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.spending_problem(p_user_id uuid, p_currency text, p_amount numeric, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION spent_in_base(p_user_id uuid, p_since timestamp with time zone, p_attempt_id uuid, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.spent_in_base(p_user_id uuid, p_since timestamp with time zone, p_attempt_id uuid, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION stand_in(p_job text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.stand_in(p_job text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.stand_in(p_job text) TO skylatch_sidecar;

--
-- Name: FUNCTION start_scan(p_scan text, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.start_scan(p_scan text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION start_scans(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.start_scans(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION start_searches(p_trips uuid[], p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.start_searches(p_trips uuid[], p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION store_live_offer(p_attempt public.booking_attempts, p_offer jsonb, p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.store_live_offer(p_attempt public.booking_attempts, p_offer jsonb, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION stripe_amount(p_amount numeric, p_currency text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.stripe_amount(p_amount numeric, p_currency text) FROM PUBLIC;

--
-- Name: FUNCTION sum_counters(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.sum_counters() FROM PUBLIC;

--
-- Name: FUNCTION sum_flag_usage(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.sum_flag_usage() FROM PUBLIC;

--
-- Name: FUNCTION sweep_events(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.sweep_events(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION switch_metrics(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.switch_metrics(p_now timestamp with time zone) FROM PUBLIC;

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
-- Name: FUNCTION take_spans(p_limit integer); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.take_spans(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.take_spans(p_limit integer) TO skylatch_sidecar;

--
-- Name: FUNCTION take_trip(p_user_id uuid, p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.take_trip(p_user_id uuid, p_trip_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION tick(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.tick() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_cron;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_operator;
GRANT ALL ON FUNCTION engine.tick() TO service_role;
GRANT ALL ON FUNCTION engine.tick() TO skylatch_sidecar;

--
-- Name: FUNCTION told_times(p_departs_at timestamp with time zone, p_arrives_at timestamp with time zone, p_origin_zone text, p_destination_zone text, p_duration interval); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.told_times(p_departs_at timestamp with time zone, p_arrives_at timestamp with time zone, p_origin_zone text, p_destination_zone text, p_duration interval) FROM PUBLIC;

--
-- Name: FUNCTION trace_ratio(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trace_ratio(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION trace_story(p_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trace_story(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.trace_story(p_id uuid) TO skylatch_operator;

--
-- Name: FUNCTION traceparent(p_trace_id uuid, p_is_sampled boolean, p_span_id bigint); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.traceparent(p_trace_id uuid, p_is_sampled boolean, p_span_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION trip_events(p_trip_id uuid); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.trip_events(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.trip_events(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION engine.trip_events(p_trip_id uuid) TO service_role;

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

GRANT SELECT ON TABLE public.trip_passengers TO authenticated;
GRANT SELECT ON TABLE public.trip_passengers TO service_role;

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
-- Name: FUNCTION try_uuid(p_text text); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.try_uuid(p_text text) FROM PUBLIC;

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
-- Name: FUNCTION wait_less(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.wait_less() FROM PUBLIC;

--
-- Name: FUNCTION waiting_exchange_rates(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.waiting_exchange_rates() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.waiting_exchange_rates() TO skylatch_operator;

--
-- Name: FUNCTION wake_sidecar(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.wake_sidecar() FROM PUBLIC;

--
-- Name: FUNCTION watch_alerts(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.watch_alerts() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.watch_alerts() TO skylatch_watch;
GRANT ALL ON FUNCTION engine.watch_alerts() TO skylatch_sidecar;
GRANT ALL ON FUNCTION engine.watch_alerts() TO skylatch_operator;

--
-- Name: FUNCTION watch_invariants(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.watch_invariants() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.watch_invariants() TO skylatch_cron;

--
-- Name: FUNCTION watch_metrics(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.watch_metrics(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION who_waits_for_a_person_is_in_the_queue(); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.who_waits_for_a_person_is_in_the_queue() FROM PUBLIC;

--
-- Name: FUNCTION work_metrics(p_now timestamp with time zone); Type: ACL; Schema: engine; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION engine.work_metrics(p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION lo_creat(integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;

--
-- Name: FUNCTION lo_create(oid); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;

--
-- Name: FUNCTION lo_from_bytea(oid, bytea); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;

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
-- Name: FUNCTION pg_control_system(OUT pg_control_version integer, OUT catalog_version_no integer, OUT system_identifier bigint, OUT pg_control_last_modified timestamp with time zone); Type: ACL; Schema: pg_catalog; Owner: postgres
--

GRANT ALL ON FUNCTION pg_catalog.pg_control_system(OUT pg_control_version integer, OUT catalog_version_no integer, OUT system_identifier bigint, OUT pg_control_last_modified timestamp with time zone) TO skylatch_owner;

--
-- Name: FUNCTION pg_logical_emit_message(boolean, text, bytea); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, bytea) FROM PUBLIC;

--
-- Name: FUNCTION pg_logical_emit_message(boolean, text, text); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text) FROM PUBLIC;

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
-- Name: FUNCTION cancel_booking(p_booking_id uuid, p_min_refund numeric); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.cancel_booking(p_booking_id uuid, p_min_refund numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_booking(p_booking_id uuid, p_min_refund numeric) TO authenticated;
GRANT ALL ON FUNCTION public.cancel_booking(p_booking_id uuid, p_min_refund numeric) TO service_role;

--
-- Name: FUNCTION cancel_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.cancel_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION consent_to_trip(p_trip_id uuid, p_consent_text_version text); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.consent_to_trip(p_trip_id uuid, p_consent_text_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.consent_to_trip(p_trip_id uuid, p_consent_text_version text) TO authenticated;
GRANT ALL ON FUNCTION public.consent_to_trip(p_trip_id uuid, p_consent_text_version text) TO service_role;

--
-- Name: FUNCTION create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_airlines_only text[], p_airlines_never text[], p_alliances text[], p_layover_min interval, p_layover_max interval, p_depart_after time without time zone, p_depart_before time without time zone, p_arrive_after time without time zone, p_arrive_before time without time zone, p_return_depart_after time without time zone, p_return_depart_before time without time zone, p_return_arrive_after time without time zone, p_return_arrive_before time without time zone, p_no_red_eye boolean, p_no_airport_change boolean, p_refundable boolean, p_changeable boolean, p_max_emissions_kg numeric, p_accept_unknown boolean, p_price_weight numeric, p_duration_weight numeric, p_connections_weight numeric, p_airline_weight numeric, p_decide_by date, p_max_searches integer, p_user_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_airlines_only text[], p_airlines_never text[], p_alliances text[], p_layover_min interval, p_layover_max interval, p_depart_after time without time zone, p_depart_before time without time zone, p_arrive_after time without time zone, p_arrive_before time without time zone, p_return_depart_after time without time zone, p_return_depart_before time without time zone, p_return_arrive_after time without time zone, p_return_arrive_before time without time zone, p_no_red_eye boolean, p_no_airport_change boolean, p_refundable boolean, p_changeable boolean, p_max_emissions_kg numeric, p_accept_unknown boolean, p_price_weight numeric, p_duration_weight numeric, p_connections_weight numeric, p_airline_weight numeric, p_decide_by date, p_max_searches integer, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_airlines_only text[], p_airlines_never text[], p_alliances text[], p_layover_min interval, p_layover_max interval, p_depart_after time without time zone, p_depart_before time without time zone, p_arrive_after time without time zone, p_arrive_before time without time zone, p_return_depart_after time without time zone, p_return_depart_before time without time zone, p_return_arrive_after time without time zone, p_return_arrive_before time without time zone, p_no_red_eye boolean, p_no_airport_change boolean, p_refundable boolean, p_changeable boolean, p_max_emissions_kg numeric, p_accept_unknown boolean, p_price_weight numeric, p_duration_weight numeric, p_connections_weight numeric, p_airline_weight numeric, p_decide_by date, p_max_searches integer, p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.create_trip_request(p_origins text[], p_destinations text[], p_departure_from date, p_max_price numeric, p_currency text, p_passengers uuid[], p_departure_to date, p_return_from date, p_return_to date, p_nights_min integer, p_nights_max integer, p_cabin_class text, p_max_connections integer, p_max_duration interval, p_carry_on_bags integer, p_checked_bags integer, p_preferred_airlines text[], p_payment_method_id uuid, p_auto_book_enabled boolean, p_consent_text_version text, p_airlines_only text[], p_airlines_never text[], p_alliances text[], p_layover_min interval, p_layover_max interval, p_depart_after time without time zone, p_depart_before time without time zone, p_arrive_after time without time zone, p_arrive_before time without time zone, p_return_depart_after time without time zone, p_return_depart_before time without time zone, p_return_arrive_after time without time zone, p_return_arrive_before time without time zone, p_no_red_eye boolean, p_no_airport_change boolean, p_refundable boolean, p_changeable boolean, p_max_emissions_kg numeric, p_accept_unknown boolean, p_price_weight numeric, p_duration_weight numeric, p_connections_weight numeric, p_airline_weight numeric, p_decide_by date, p_max_searches integer, p_user_id uuid) TO service_role;

--
-- Name: FUNCTION duffel_search(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.duffel_search(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO service_role;
GRANT ALL ON FUNCTION public.duffel_search(p_trip_id uuid) TO skylatch_sidecar;

--
-- Name: FUNCTION explain_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.explain_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.explain_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.explain_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION manage_auto_book_monitor(p_action text, p_reason text); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.manage_auto_book_monitor(p_action text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.manage_auto_book_monitor(p_action text, p_reason text) TO skylatch_operator;
GRANT ALL ON FUNCTION public.manage_auto_book_monitor(p_action text, p_reason text) TO service_role;

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
-- Name: FUNCTION refresh_case(p_case_id bigint); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.refresh_case(p_case_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refresh_case(p_case_id bigint) TO skylatch_operator;

--
-- Name: FUNCTION remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.remove_passenger(p_trip_id uuid, p_traveler_profile_id uuid) TO service_role;

--
-- Name: FUNCTION remove_spending_limit(p_currency text, p_period text, p_user_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.remove_spending_limit(p_currency text, p_period text, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_spending_limit(p_currency text, p_period text, p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.remove_spending_limit(p_currency text, p_period text, p_user_id uuid) TO service_role;

--
-- Name: FUNCTION resolve_case(p_case_id bigint, p_resolution text, p_reason text); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.resolve_case(p_case_id bigint, p_resolution text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resolve_case(p_case_id bigint, p_resolution text, p_reason text) TO skylatch_operator;

--
-- Name: FUNCTION resume_trip(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.resume_trip(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resume_trip(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.resume_trip(p_trip_id uuid) TO service_role;

--
-- Name: FUNCTION review_attempt(p_case_id bigint, p_action text, p_reason text, p_order_id text); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.review_attempt(p_case_id bigint, p_action text, p_reason text, p_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.review_attempt(p_case_id bigint, p_action text, p_reason text, p_order_id text) TO skylatch_operator;

--
-- Name: FUNCTION trip_saga(p_trip_id uuid); Type: ACL; Schema: public; Owner: skylatch_owner
--

REVOKE ALL ON FUNCTION public.trip_saga(p_trip_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.trip_saga(p_trip_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.trip_saga(p_trip_id uuid) TO service_role;

--
-- Name: TABLE users; Type: ACL; Schema: auth; Owner: skylatch_owner
--

GRANT SELECT,INSERT ON TABLE auth.users TO service_role;

--
-- Name: COLUMN users.email; Type: ACL; Schema: auth; Owner: skylatch_owner
--

GRANT UPDATE(email) ON TABLE auth.users TO service_role;

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
-- Name: TABLE consents; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.consents TO authenticated;
GRANT SELECT ON TABLE public.consents TO service_role;

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
-- Name: TABLE review_queue; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.review_queue TO skylatch_operator;

--
-- Name: TABLE spending_limits; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT SELECT ON TABLE public.spending_limits TO authenticated;
GRANT SELECT ON TABLE public.spending_limits TO service_role;

--
-- Name: COLUMN spending_limits.user_id; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(user_id) ON TABLE public.spending_limits TO authenticated;
GRANT INSERT(user_id) ON TABLE public.spending_limits TO service_role;

--
-- Name: COLUMN spending_limits.currency; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(currency) ON TABLE public.spending_limits TO authenticated;
GRANT INSERT(currency) ON TABLE public.spending_limits TO service_role;

--
-- Name: COLUMN spending_limits.period; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(period) ON TABLE public.spending_limits TO authenticated;
GRANT INSERT(period) ON TABLE public.spending_limits TO service_role;

--
-- Name: COLUMN spending_limits.amount; Type: ACL; Schema: public; Owner: skylatch_owner
--

GRANT INSERT(amount),UPDATE(amount) ON TABLE public.spending_limits TO authenticated;
GRANT INSERT(amount),UPDATE(amount) ON TABLE public.spending_limits TO service_role;

--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: skylatch_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE skylatch_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

--
-- PostgreSQL database dump complete
--
