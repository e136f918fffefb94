-- Written by `make schema` with PostgreSQL 15.

CREATE SCHEMA auth;

CREATE SCHEMA engine;

CREATE EXTENSION IF NOT EXISTS plpython3u WITH SCHEMA pg_catalog;

CREATE TYPE engine.call_report AS (
	call_id bigint,
	epoch integer,
	http_status integer,
	error_code text,
	body jsonb,
	request_id text,
	retry_after numeric
);

CREATE DOMAIN engine.idempotency_key AS text
	CONSTRAINT idempotency_key_form CHECK (((VALUE ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'::text) AND (VALUE !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'::text)));

CREATE TYPE engine.offer_terms AS (
	status text,
	cap numeric,
	rate numeric,
	rate_as_of timestamp with time zone,
	cap_problem text,
	city_airports text[],
	party_fits boolean,
	least_lead_time interval,
	charge_step numeric
);

CREATE TYPE engine.trace_context AS (
	trace_id uuid,
	is_sampled boolean,
	span_id bigint
);

CREATE DOMAIN public.money_amount AS numeric
	CONSTRAINT money_amount_exact CHECK (((VALUE >= (0)::numeric) AND (VALUE < ('1000000000000'::bigint)::numeric) AND (scale(VALUE) <= 3)));

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
    CONSTRAINT outcome_rules_verdict CHECK ((verdict = ANY (ARRAY['OK'::text, 'RETRY'::text, 'REDO'::text, 'FAIL'::text, 'RESEARCH'::text, 'UNKNOWN'::text, 'REVIEW'::text, 'HOLDER'::text])))
);

ALTER TABLE ONLY engine.outcome_rules FORCE ROW LEVEL SECURITY;

CREATE TABLE public.booking_attempts (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_request_id uuid NOT NULL,
    attempt_no integer NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    state text NOT NULL,
    epoch integer DEFAULT 1 NOT NULL,
    idempotency_key engine.idempotency_key NOT NULL,
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
    booking_mode text,
    CONSTRAINT booking_attempts_cap CHECK (((agreed_amount)::numeric <= (cap_amount)::numeric)),
    CONSTRAINT booking_attempts_refund CHECK (((refund_amount IS NULL) OR ((refund_amount)::numeric <= (captured_amount)::numeric)))
);

ALTER TABLE ONLY public.booking_attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.event_effects (
    provider text NOT NULL,
    type text NOT NULL,
    effect text NOT NULL,
    operation text,
    CONSTRAINT event_effects_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text])))
);

ALTER TABLE ONLY engine.event_effects FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.provider_calls (
    id bigint NOT NULL,
    user_id uuid,
    trip_request_id uuid,
    booking_attempt_id uuid,
    attempt_epoch integer,
    operation text NOT NULL,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    idempotency_key engine.idempotency_key NOT NULL,
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
    delivery_id bigint
);

ALTER TABLE ONLY engine.provider_calls FORCE ROW LEVEL SECURITY;

CREATE TABLE public.offer_proposals (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_request_id uuid NOT NULL,
    trip_version integer NOT NULL,
    mode text NOT NULL,
    flight_offer_id uuid NOT NULL,
    offer_day date NOT NULL,
    search_round integer NOT NULL,
    offer_id text NOT NULL,
    itinerary_key text NOT NULL,
    airline text NOT NULL,
    price_amount public.money_amount NOT NULL,
    price_currency text NOT NULL,
    departs_at timestamp with time zone NOT NULL,
    sentence text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    answer_by timestamp with time zone NOT NULL,
    books_at timestamp with time zone,
    closes_at timestamp with time zone NOT NULL,
    state text DEFAULT 'OPEN'::text NOT NULL,
    state_changed_at timestamp with time zone NOT NULL,
    reason text,
    booking_attempt_id uuid,
    CONSTRAINT offer_proposals_booked CHECK (((state <> 'BOOKED'::text) OR (booking_attempt_id IS NOT NULL))),
    CONSTRAINT offer_proposals_books_at CHECK (((mode = 'VETO_WINDOW'::text) = (books_at IS NOT NULL))),
    CONSTRAINT offer_proposals_mode CHECK ((mode = ANY (ARRAY['APPROVAL'::text, 'VETO_WINDOW'::text]))),
    CONSTRAINT offer_proposals_reason CHECK (((state = 'OPEN'::text) = (reason IS NULL))),
    CONSTRAINT offer_proposals_state CHECK ((state = ANY (ARRAY['OPEN'::text, 'APPROVED'::text, 'VETOED'::text, 'LAPSED'::text, 'REPLACED'::text, 'BOOKED'::text])))
);

ALTER TABLE ONLY public.offer_proposals FORCE ROW LEVEL SECURITY;

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
    offers_from date,
    booking_mode text DEFAULT 'AUTOMATIC'::text NOT NULL,
    veto_minutes integer DEFAULT 30 NOT NULL,
    CONSTRAINT trip_requests_auto_book_status CHECK ((auto_book_status = ANY (ARRAY['PENDING'::text, 'BOOKING'::text, 'BOOKED'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'FAILED'::text]))),
    CONSTRAINT trip_requests_booking_mode CHECK ((booking_mode = ANY (ARRAY['AUTOMATIC'::text, 'VETO_WINDOW'::text, 'APPROVAL'::text, 'WATCH'::text, 'DRY_RUN'::text]))),
    CONSTRAINT trip_requests_consent CHECK (((NOT auto_book_enabled) OR ((consent_at IS NOT NULL) AND (consent_text_version IS NOT NULL) AND (payment_method_id IS NOT NULL)))),
    CONSTRAINT trip_requests_selected CHECK (((auto_book_status <> ALL (ARRAY['BOOKING'::text, 'BOOKED'::text])) OR (selected_offer_id IS NOT NULL))),
    CONSTRAINT trip_requests_sizes CHECK (((cardinality(origins) <= 100) AND (cardinality(destinations) <= 100) AND (cardinality(preferred_airlines) <= 100) AND (cardinality(airlines_only) <= 100) AND (cardinality(airlines_never) <= 100) AND (cardinality(alliances) <= 100) AND (octet_length(array_to_string(origins, ''::text)) <= 10000) AND (octet_length(array_to_string(destinations, ''::text)) <= 10000) AND (octet_length(array_to_string(preferred_airlines, ''::text)) <= 10000) AND (octet_length(array_to_string(airlines_only, ''::text)) <= 10000) AND (octet_length(array_to_string(airlines_never, ''::text)) <= 10000) AND (octet_length(array_to_string(alliances, ''::text)) <= 10000) AND (octet_length(cabin_class) <= 100) AND (octet_length(currency) <= 100) AND (octet_length(consent_text_version) <= 100))),
    CONSTRAINT trip_requests_veto_minutes CHECK (((veto_minutes >= 1) AND (veto_minutes <= 10080)))
);

ALTER TABLE ONLY public.trip_requests FORCE ROW LEVEL SECURITY;

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

CREATE TABLE public.notification_preferences (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    by_email boolean DEFAULT true NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    muted text[] DEFAULT '{}'::text[] NOT NULL,
    least_drop numeric DEFAULT 0.05 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT notification_preferences_language CHECK ((language = ANY (ARRAY['en'::text, 'de'::text]))),
    CONSTRAINT notification_preferences_least_drop CHECK (((least_drop >= (0)::numeric) AND (least_drop <= (1)::numeric))),
    CONSTRAINT notification_preferences_quiet CHECK ((((quiet_from IS NULL) = (quiet_until IS NULL)) AND (quiet_from <> quiet_until))),
    CONSTRAINT notification_preferences_sizes CHECK (((octet_length(language) <= 100) AND (octet_length(time_zone) <= 100) AND (cardinality(muted) <= 100) AND (octet_length(array_to_string(muted, ''::text)) <= 10000)))
);

ALTER TABLE ONLY public.notification_preferences FORCE ROW LEVEL SECURITY;

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
    day date DEFAULT ((statement_timestamp() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    CONSTRAINT flight_offers_asked CHECK ((((asked_from IS NULL) = (asked_on IS NULL)) AND ((asked_to IS NULL) = (asked_on IS NULL)) AND (cardinality(asked_from) = cardinality(asked_on)) AND (cardinality(asked_to) = cardinality(asked_on)))),
    CONSTRAINT flight_offers_offer_id CHECK ((offer_id ~ '^off_\w+$'::text)),
    CONSTRAINT flight_offers_rank CHECK (((rank IS NULL) OR ((score IS NOT NULL) AND (ineligible = '{}'::text[])))),
    CONSTRAINT flight_offers_status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'EXPIRED'::text, 'SELECTED'::text, 'BOOKED'::text]))),
    CONSTRAINT flight_offers_times CHECK ((arrives_at > departs_at))
)
PARTITION BY LIST (day);

ALTER TABLE ONLY public.flight_offers FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.message_kinds (
    kind text NOT NULL,
    is_urgent boolean NOT NULL,
    is_optional boolean NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT message_kinds_kind CHECK ((kind ~ '^[a-z]+\.[a-z_]+$'::text))
);

ALTER TABLE ONLY engine.message_kinds FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.flag_usage (
    day date NOT NULL,
    flag text NOT NULL,
    variation bigint NOT NULL,
    reason text NOT NULL,
    evaluations bigint NOT NULL,
    CONSTRAINT flag_usage_evaluations CHECK ((evaluations > 0))
);

ALTER TABLE ONLY engine.flag_usage FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.flag_usage_parts (
    id bigint NOT NULL,
    day date NOT NULL,
    flag text NOT NULL,
    variation bigint NOT NULL,
    reason text NOT NULL,
    evaluations bigint NOT NULL
);

ALTER TABLE ONLY engine.flag_usage_parts FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.travellers (
    user_id uuid NOT NULL,
    decisions bigint DEFAULT 1 NOT NULL,
    search_credit double precision,
    credited_at timestamp with time zone,
    CONSTRAINT travellers_credit CHECK (((search_credit IS NULL) = (credited_at IS NULL)))
)
WITH (fillfactor='70');

ALTER TABLE ONLY engine.travellers FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.saga_transitions (
    state text NOT NULL,
    verdict text NOT NULL,
    next_state text NOT NULL,
    next_operation text,
    CONSTRAINT saga_transitions_verdict CHECK ((verdict = ANY (ARRAY['OK'::text, 'REDO'::text, 'FAIL'::text, 'RESEARCH'::text, 'UNKNOWN'::text, 'REVIEW'::text, 'EXHAUSTED'::text, 'STOP'::text, 'ADOPT'::text, 'VOID'::text, 'RELEASE'::text, 'CANCEL'::text, 'REFUND'::text, 'RESUME'::text, 'REOPEN'::text, 'FREEZE'::text, 'FOUND'::text, 'HOLDER'::text])))
);

ALTER TABLE ONLY engine.saga_transitions FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT operations_provider CHECK ((provider = ANY (ARRAY['duffel'::text, 'stripe'::text, 'mail'::text, 'app'::text])))
);

ALTER TABLE ONLY engine.operations FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.refused_events (
    provider text NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT refused_events_refused CHECK ((refused > 0))
);

ALTER TABLE ONLY engine.refused_events FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine.search_settings (
    only_row boolean DEFAULT true NOT NULL,
    searches_per_minute integer DEFAULT 30 NOT NULL,
    fresh_for interval DEFAULT '00:15:00'::interval NOT NULL,
    keep_offers_for interval DEFAULT '30 days'::interval NOT NULL,
    rate_max_age interval DEFAULT '24:00:00'::interval NOT NULL,
    least_lead_time interval DEFAULT '03:00:00'::interval NOT NULL,
    keep_offers text DEFAULT 'all'::text NOT NULL,
    useful_offers integer DEFAULT 20 NOT NULL,
    search_at_once boolean DEFAULT true NOT NULL,
    CONSTRAINT search_settings_keep_offers CHECK (((keep_offers = ANY (ARRAY['all'::text, 'useful'::text])) AND ((useful_offers >= 1) AND (useful_offers <= 1000)))),
    CONSTRAINT search_settings_least_lead_time CHECK (((least_lead_time >= '00:00:00'::interval) AND (least_lead_time <= '7 days'::interval))),
    CONSTRAINT search_settings_only_row CHECK (only_row),
    CONSTRAINT search_settings_values CHECK ((((searches_per_minute >= 1) AND (searches_per_minute <= 100000)) AND ((fresh_for >= '00:00:00'::interval) AND (fresh_for <= '01:00:00'::interval)) AND ((keep_offers_for >= '1 day'::interval) AND (keep_offers_for <= '10 years'::interval)) AND ((rate_max_age >= '00:01:00'::interval) AND (rate_max_age <= '30 days'::interval))))
);

ALTER TABLE ONLY engine.search_settings FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.counter_parts (
    id bigint NOT NULL,
    counter text NOT NULL,
    labels jsonb NOT NULL,
    value numeric NOT NULL,
    CONSTRAINT counter_parts_value CHECK ((value >= (0)::numeric))
);

ALTER TABLE ONLY engine.counter_parts FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.counters (
    counter text NOT NULL,
    labels jsonb NOT NULL,
    value numeric NOT NULL,
    CONSTRAINT counters_value CHECK ((value >= (0)::numeric))
);

ALTER TABLE ONLY engine.counters FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.spent_days (
    day date NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL
);

ALTER TABLE ONLY engine.spent_days FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.spent_parts (
    id bigint NOT NULL,
    day date NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL
);

ALTER TABLE ONLY engine.spent_parts FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT traveler_profiles_sizes CHECK (((octet_length(given_name) <= 100) AND (octet_length(family_name) <= 100) AND (octet_length(title) <= 100) AND (octet_length(gender) <= 100) AND (octet_length(email) <= 320) AND (octet_length(phone_number) <= 100))),
    CONSTRAINT traveler_profiles_title CHECK ((title = ANY (ARRAY['mr'::text, 'ms'::text, 'mrs'::text, 'miss'::text, 'dr'::text])))
);

ALTER TABLE ONLY public.traveler_profiles FORCE ROW LEVEL SECURITY;

CREATE TABLE public.trip_passengers (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    trip_request_id uuid NOT NULL,
    traveler_profile_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.trip_passengers FORCE ROW LEVEL SECURITY;

CREATE TABLE auth.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY auth.users FORCE ROW LEVEL SECURITY;

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

CREATE TABLE engine._yoyo_migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);

CREATE TABLE engine._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);

CREATE TABLE engine.airline_alliances (
    airline text NOT NULL,
    alliance text NOT NULL,
    CONSTRAINT airline_alliances_airline CHECK ((airline ~ '^[A-Z0-9]{2}$'::text)),
    CONSTRAINT airline_alliances_alliance CHECK ((alliance = ANY (ARRAY['oneworld'::text, 'skyteam'::text, 'star_alliance'::text])))
);

ALTER TABLE ONLY engine.airline_alliances FORCE ROW LEVEL SECURITY;

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

ALTER TABLE engine.airport_overrides ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.airport_overrides_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.booking_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.booking_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.breakers (
    operation text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    open_until timestamp with time zone,
    last_error text,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT breakers_failures CHECK ((failures >= 0))
);

ALTER TABLE ONLY engine.breakers FORCE ROW LEVEL SECURITY;

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

ALTER TABLE engine.counter_parts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.counter_parts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE engine.deliveries (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    notification_id uuid NOT NULL,
    channel text NOT NULL,
    endpoint text,
    trip_request_id uuid,
    state text DEFAULT 'OPEN'::text NOT NULL,
    settled_at timestamp with time zone,
    problem text,
    CONSTRAINT deliveries_channel CHECK (((channel = ANY (ARRAY['EMAIL'::text, 'WEBHOOK'::text])) AND ((channel = 'WEBHOOK'::text) = (endpoint IS NOT NULL)))),
    CONSTRAINT deliveries_state CHECK (((state = ANY (ARRAY['OPEN'::text, 'DELIVERED'::text, 'FAILED'::text, 'SKIPPED'::text])) AND ((state = 'OPEN'::text) = (settled_at IS NULL))))
);

ALTER TABLE ONLY engine.deliveries FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.deliveries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.deployed_objects (
    object text NOT NULL,
    statement_digest text NOT NULL,
    catalog_digest text,
    deployed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY engine.deployed_objects FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.endpoint (
    only_row boolean DEFAULT true NOT NULL,
    url text NOT NULL,
    secret text,
    CONSTRAINT endpoint_only_row CHECK (only_row),
    CONSTRAINT endpoint_url CHECK ((url ~ '^https?://[^/@]+/wake$'::text))
);

ALTER TABLE ONLY engine.endpoint FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.endpoint_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT endpoint_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.endpoint_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.endpoint_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.endpoint_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.exchange_rate_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.exchange_rate_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE engine.fare_looks (
    search_key text NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    offers integer NOT NULL,
    cheapest public.money_amount,
    currency text
);

ALTER TABLE ONLY engine.fare_looks FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE engine.flag_generation
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

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

ALTER TABLE engine.flag_usage_parts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.flag_usage_parts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.installation (
    only_row boolean DEFAULT true NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT installation_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.installation FORCE ROW LEVEL SECURITY;

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

ALTER TABLE engine.installation_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.installation_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.invariant_checks (
    only_row boolean DEFAULT true NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    checked_to timestamp with time zone NOT NULL,
    violations integer NOT NULL,
    CONSTRAINT invariant_checks_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.invariant_checks FORCE ROW LEVEL SECURITY;

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

ALTER TABLE engine.job_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.job_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE engine.kill_switch_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    engaged boolean NOT NULL,
    reason text,
    set_by text NOT NULL
);

ALTER TABLE ONLY engine.kill_switch_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.kill_switch_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.kill_switch_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.message_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT message_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.message_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.message_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.message_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.message_settings (
    only_row boolean DEFAULT true NOT NULL,
    email boolean DEFAULT false NOT NULL,
    near_miss numeric DEFAULT 0.1 NOT NULL,
    most_per_hour integer DEFAULT 60 NOT NULL,
    keep_for interval DEFAULT '400 days'::interval NOT NULL,
    since timestamp with time zone,
    holder_time interval DEFAULT '00:30:00'::interval NOT NULL,
    confirm_link text,
    CONSTRAINT message_settings_holder_time CHECK (((holder_time >= '00:01:00'::interval) AND (holder_time <= '02:00:00'::interval))),
    CONSTRAINT message_settings_keep_for CHECK (((keep_for >= '1 day'::interval) AND (keep_for <= '10 years'::interval))),
    CONSTRAINT message_settings_most_per_hour CHECK (((most_per_hour >= 1) AND (most_per_hour <= 1000000))),
    CONSTRAINT message_settings_near_miss CHECK (((near_miss >= (0)::numeric) AND (near_miss <= (1)::numeric))),
    CONSTRAINT message_settings_only_row CHECK (only_row)
);

ALTER TABLE ONLY engine.message_settings FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.metropolitan_areas (
    iata text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    airports text[] NOT NULL,
    CONSTRAINT metropolitan_areas_airports CHECK ((cardinality(airports) > 0)),
    CONSTRAINT metropolitan_areas_iata CHECK ((iata ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY engine.metropolitan_areas FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.money_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT money_settings_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.money_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.money_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.money_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE engine.monitor_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.monitor_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE engine.provider_calls ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.provider_calls_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.quarantined_offers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.quarantined_offers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE engine.review_actions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.review_actions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE engine.review_cases ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.review_cases_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.saga_states (
    state text NOT NULL,
    is_final boolean NOT NULL,
    is_parked boolean NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT saga_states_one_rest CHECK ((NOT (is_final AND is_parked)))
);

ALTER TABLE ONLY engine.saga_states FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.search_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL
);

ALTER TABLE ONLY engine.search_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.search_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.search_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.spans ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spans_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.spending_ceiling_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spending_ceiling_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE engine.spending_ceilings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spending_ceilings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE engine.spent_parts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.spent_parts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.trace_settings (
    only_row boolean DEFAULT true NOT NULL,
    ratio numeric DEFAULT 0.1 NOT NULL,
    exporter_seen_at timestamp with time zone,
    CONSTRAINT trace_settings_only_row CHECK (only_row),
    CONSTRAINT trace_settings_ratio CHECK (((ratio >= (0)::numeric) AND (ratio <= (1)::numeric)))
);

ALTER TABLE ONLY engine.trace_settings FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.trace_settings_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    settings jsonb NOT NULL,
    CONSTRAINT trace_settings_changes_reason CHECK ((length(TRIM(BOTH FROM reason)) >= 3))
);

ALTER TABLE ONLY engine.trace_settings_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.trace_settings_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.trace_settings_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.traveller_limit_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    limits jsonb NOT NULL
);

ALTER TABLE ONLY engine.traveller_limit_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.traveller_limit_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.traveller_limit_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.traveller_limits (
    only_row boolean DEFAULT true NOT NULL,
    open_trips integer DEFAULT 50 NOT NULL,
    profiles integer DEFAULT 50 NOT NULL,
    search_pause interval DEFAULT '00:01:00'::interval NOT NULL,
    searches_per_hour integer DEFAULT 60 NOT NULL,
    failed_bookings_per_hour integer DEFAULT 20 NOT NULL,
    first_booking_needs_approval boolean DEFAULT false NOT NULL,
    CONSTRAINT traveller_limits_failed_bookings CHECK (((failed_bookings_per_hour >= 1) AND (failed_bookings_per_hour <= 1000000))),
    CONSTRAINT traveller_limits_only_row CHECK (only_row),
    CONSTRAINT traveller_limits_values CHECK ((((open_trips >= 1) AND (open_trips <= 1000000)) AND ((profiles >= 1) AND (profiles <= 1000000)) AND ((search_pause >= '00:00:00'::interval) AND (search_pause <= '1 day'::interval)) AND ((searches_per_hour >= 1) AND (searches_per_hour <= 1000000))))
);

ALTER TABLE ONLY engine.traveller_limits FORCE ROW LEVEL SECURITY;

ALTER TABLE engine.wait_decisions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engine.wait_decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE engine.webhook_endpoints (
    name text NOT NULL,
    url text NOT NULL,
    kinds text[] DEFAULT '{}'::text[] NOT NULL,
    secret_no integer DEFAULT 1 NOT NULL,
    former_until timestamp with time zone,
    stopped_because text,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT webhook_endpoints_name CHECK ((name ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
    CONSTRAINT webhook_endpoints_secret_no CHECK ((secret_no > 0))
);

ALTER TABLE ONLY engine.webhook_endpoints FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.workers (
    worker text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY engine.workers FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.write_probe (
    at timestamp with time zone NOT NULL,
    filler text NOT NULL
);
ALTER TABLE ONLY engine.write_probe ALTER COLUMN filler SET STORAGE PLAIN;

ALTER TABLE ONLY engine.write_probe FORCE ROW LEVEL SECURITY;

CREATE TABLE engine.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);

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

CREATE TABLE public.booking_passengers (
    user_id uuid NOT NULL,
    flight_booking_id uuid NOT NULL,
    traveler_profile_id uuid NOT NULL,
    passenger_id text NOT NULL
);

ALTER TABLE ONLY public.booking_passengers FORCE ROW LEVEL SECURITY;

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

ALTER TABLE public.consents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE public.fare_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fare_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE public.flight_offers_kept (
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
    day date DEFAULT ((statement_timestamp() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    CONSTRAINT flight_offers_asked CHECK ((((asked_from IS NULL) = (asked_on IS NULL)) AND ((asked_to IS NULL) = (asked_on IS NULL)) AND (cardinality(asked_from) = cardinality(asked_on)) AND (cardinality(asked_to) = cardinality(asked_on)))),
    CONSTRAINT flight_offers_offer_id CHECK ((offer_id ~ '^off_\w+$'::text)),
    CONSTRAINT flight_offers_rank CHECK (((rank IS NULL) OR ((score IS NOT NULL) AND (ineligible = '{}'::text[])))),
    CONSTRAINT flight_offers_status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'EXPIRED'::text, 'SELECTED'::text, 'BOOKED'::text]))),
    CONSTRAINT flight_offers_times CHECK ((arrives_at > departs_at))
);

ALTER TABLE ONLY public.flight_offers_kept FORCE ROW LEVEL SECURITY;

CREATE TABLE public.flight_offers_other (
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
    day date DEFAULT ((statement_timestamp() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    CONSTRAINT flight_offers_asked CHECK ((((asked_from IS NULL) = (asked_on IS NULL)) AND ((asked_to IS NULL) = (asked_on IS NULL)) AND (cardinality(asked_from) = cardinality(asked_on)) AND (cardinality(asked_to) = cardinality(asked_on)))),
    CONSTRAINT flight_offers_offer_id CHECK ((offer_id ~ '^off_\w+$'::text)),
    CONSTRAINT flight_offers_rank CHECK (((rank IS NULL) OR ((score IS NOT NULL) AND (ineligible = '{}'::text[])))),
    CONSTRAINT flight_offers_status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'EXPIRED'::text, 'SELECTED'::text, 'BOOKED'::text]))),
    CONSTRAINT flight_offers_times CHECK ((arrives_at > departs_at))
);

ALTER TABLE ONLY public.flight_offers_other FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notifications (
    user_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    trip_request_id uuid,
    flight_booking_id uuid,
    facts jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone
);

ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;

CREATE TABLE public.offer_counts (
    user_id uuid NOT NULL,
    id bigint NOT NULL,
    trip_request_id uuid NOT NULL,
    search_round integer NOT NULL,
    searched_at timestamp with time zone NOT NULL,
    offers integer NOT NULL,
    missed jsonb NOT NULL,
    CONSTRAINT offer_counts_offers CHECK ((offers > 0))
);

ALTER TABLE ONLY public.offer_counts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.offer_counts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.offer_counts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    CONSTRAINT payment_methods_sizes CHECK (((octet_length(stripe_customer_id) <= 255) AND (octet_length(stripe_payment_method_id) <= 255) AND (octet_length(brand) <= 100) AND (octet_length(last4) <= 100))),
    CONSTRAINT payment_methods_stripe_customer_id CHECK ((stripe_customer_id ~ '^cus_\w+$'::text)),
    CONSTRAINT payment_methods_stripe_payment_method_id CHECK ((stripe_payment_method_id ~ '^pm_\w+$'::text))
);

ALTER TABLE ONLY public.payment_methods FORCE ROW LEVEL SECURITY;

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

CREATE TABLE public.spending_limits (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    currency text NOT NULL,
    period text NOT NULL,
    amount public.money_amount NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT spending_limits_period CHECK ((period = ANY (ARRAY['day'::text, 'month'::text, 'total'::text]))),
    CONSTRAINT spending_limits_sizes CHECK (((octet_length(currency) <= 100) AND (octet_length(period) <= 100)))
);

ALTER TABLE ONLY public.spending_limits FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.flight_offers ATTACH PARTITION public.flight_offers_kept FOR VALUES IN ('9999-12-31');

ALTER TABLE ONLY public.flight_offers ATTACH PARTITION public.flight_offers_other DEFAULT;

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine._yoyo_migration
    ADD CONSTRAINT _yoyo_migration_pkey PRIMARY KEY (migration_hash);

ALTER TABLE ONLY engine._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY engine.airline_alliances
    ADD CONSTRAINT airline_alliances_pkey PRIMARY KEY (airline);

ALTER TABLE ONLY engine.airport_overrides
    ADD CONSTRAINT airport_overrides_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.airports
    ADD CONSTRAINT airports_pkey PRIMARY KEY (iata);

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_passenger_id_key UNIQUE (user_id, booking_attempt_id, passenger_id);

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_pkey PRIMARY KEY (user_id, booking_attempt_id, traveler_profile_id);

ALTER TABLE ONLY engine.booking_events
    ADD CONSTRAINT booking_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.breakers
    ADD CONSTRAINT breakers_pkey PRIMARY KEY (operation);

ALTER TABLE ONLY engine.consent_texts
    ADD CONSTRAINT consent_texts_pkey PRIMARY KEY (version);

ALTER TABLE ONLY engine.counter_parts
    ADD CONSTRAINT counter_parts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (counter, labels);

ALTER TABLE ONLY engine.currencies
    ADD CONSTRAINT currencies_pkey PRIMARY KEY (code);

ALTER TABLE ONLY engine.daily_fares
    ADD CONSTRAINT daily_fares_pkey PRIMARY KEY (user_id, trip_request_id, origin, destination, departure_date, return_date, day);

ALTER TABLE ONLY engine.deliveries
    ADD CONSTRAINT deliveries_address_key UNIQUE NULLS NOT DISTINCT (user_id, notification_id, channel, endpoint);

ALTER TABLE ONLY engine.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.deployed_objects
    ADD CONSTRAINT deployed_objects_pkey PRIMARY KEY (object);

ALTER TABLE ONLY engine.endpoint_changes
    ADD CONSTRAINT endpoint_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.endpoint
    ADD CONSTRAINT endpoint_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.event_effects
    ADD CONSTRAINT event_effects_pkey PRIMARY KEY (provider, type);

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_confirms_key UNIQUE (confirms);

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_pkey PRIMARY KEY (base, quote, source, as_of);

ALTER TABLE ONLY engine.fare_looks
    ADD CONSTRAINT fare_looks_pkey PRIMARY KEY (search_key);

ALTER TABLE ONLY engine.flag_data
    ADD CONSTRAINT flag_data_pkey PRIMARY KEY (kind, key);

ALTER TABLE ONLY engine.flag_register
    ADD CONSTRAINT flag_register_pkey PRIMARY KEY (flag);

ALTER TABLE ONLY engine.flag_sync
    ADD CONSTRAINT flag_sync_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.flag_usage_parts
    ADD CONSTRAINT flag_usage_parts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.flag_usage
    ADD CONSTRAINT flag_usage_pkey PRIMARY KEY (day, flag, variation, reason);

ALTER TABLE ONLY engine.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.installation_changes
    ADD CONSTRAINT installation_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.invariant_checks
    ADD CONSTRAINT invariant_checks_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.invariant_violations
    ADD CONSTRAINT invariant_violations_pkey PRIMARY KEY (invariant, subject);

ALTER TABLE ONLY engine.job_beats
    ADD CONSTRAINT job_beats_pkey PRIMARY KEY (job);

ALTER TABLE ONLY engine.job_changes
    ADD CONSTRAINT job_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (job);

ALTER TABLE ONLY engine.kill_switch_changes
    ADD CONSTRAINT kill_switch_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.kill_switch
    ADD CONSTRAINT kill_switch_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.message_changes
    ADD CONSTRAINT message_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.message_kinds
    ADD CONSTRAINT message_kinds_pkey PRIMARY KEY (kind);

ALTER TABLE ONLY engine.message_settings
    ADD CONSTRAINT message_settings_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.metropolitan_areas
    ADD CONSTRAINT metropolitan_areas_pkey PRIMARY KEY (iata);

ALTER TABLE ONLY engine.money_settings_changes
    ADD CONSTRAINT money_settings_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.money_settings
    ADD CONSTRAINT money_settings_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.monitor_runs
    ADD CONSTRAINT monitor_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (operation);

ALTER TABLE ONLY engine.outcome_rules
    ADD CONSTRAINT outcome_rules_pkey PRIMARY KEY (operation, http_status, error_code);

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_idempotency_key_key UNIQUE (idempotency_key);

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.provider_events
    ADD CONSTRAINT provider_events_pkey PRIMARY KEY (provider, event_id);

ALTER TABLE ONLY engine.quarantined_offers
    ADD CONSTRAINT quarantined_offers_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY engine.refused_events
    ADD CONSTRAINT refused_events_pkey PRIMARY KEY (provider, day, reason);

ALTER TABLE ONLY engine.review_actions
    ADD CONSTRAINT review_actions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.review_cases
    ADD CONSTRAINT review_cases_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.saga_states
    ADD CONSTRAINT saga_states_pkey PRIMARY KEY (state);

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_pkey PRIMARY KEY (state, verdict);

ALTER TABLE ONLY engine.scans
    ADD CONSTRAINT scans_pkey PRIMARY KEY (scan);

ALTER TABLE ONLY engine.search_settings_changes
    ADD CONSTRAINT search_settings_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.search_settings
    ADD CONSTRAINT search_settings_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.spans
    ADD CONSTRAINT spans_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.spending_ceiling_changes
    ADD CONSTRAINT spending_ceiling_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_user_id_key UNIQUE NULLS NOT DISTINCT (user_id, subject, period);

ALTER TABLE ONLY engine.spent_days
    ADD CONSTRAINT spent_days_pkey PRIMARY KEY (day, currency);

ALTER TABLE ONLY engine.spent_parts
    ADD CONSTRAINT spent_parts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.trace_settings_changes
    ADD CONSTRAINT trace_settings_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.trace_settings
    ADD CONSTRAINT trace_settings_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.traveller_limit_changes
    ADD CONSTRAINT traveller_limit_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY engine.traveller_limits
    ADD CONSTRAINT traveller_limits_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY engine.travellers
    ADD CONSTRAINT travellers_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY engine.trip_searches
    ADD CONSTRAINT trip_searches_pkey PRIMARY KEY (user_id, trip_request_id, ordinal);

ALTER TABLE ONLY engine.wait_decisions
    ADD CONSTRAINT wait_decisions_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY engine.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (name);

ALTER TABLE ONLY engine.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (worker);

ALTER TABLE ONLY engine.write_probe
    ADD CONSTRAINT write_probe_pkey PRIMARY KEY (at);

ALTER TABLE ONLY engine.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_attempt_no_key UNIQUE (user_id, trip_request_id, attempt_no);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_id_key UNIQUE (id);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_idempotency_key_key UNIQUE (idempotency_key);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_pkey PRIMARY KEY (user_id, flight_booking_id, traveler_profile_id);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.fare_history
    ADD CONSTRAINT fare_history_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_order_id_key UNIQUE (order_id);

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_payment_intent_id_key UNIQUE (payment_intent_id);

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.flight_offers_kept
    ADD CONSTRAINT flight_offers_kept_offer_id_key UNIQUE (offer_id);

ALTER TABLE ONLY public.flight_offers_kept
    ADD CONSTRAINT flight_offers_kept_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_subject_key UNIQUE (user_id, kind, subject);

ALTER TABLE ONLY public.offer_counts
    ADD CONSTRAINT offer_counts_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.offer_proposals
    ADD CONSTRAINT offer_proposals_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_stripe_payment_method_id_key UNIQUE (stripe_payment_method_id);

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_pkey PRIMARY KEY (user_id, currency, period);

ALTER TABLE ONLY public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_pkey PRIMARY KEY (user_id, trip_request_id, traveler_profile_id);

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_id_key UNIQUE (id);

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_pkey PRIMARY KEY (user_id, id);

CREATE INDEX airport_overrides_iata_idx ON engine.airport_overrides USING btree (iata, id);

CREATE INDEX booking_attempt_passengers_person_idx ON engine.booking_attempt_passengers USING btree (user_id, person);

CREATE INDEX booking_attempt_passengers_traveler_profile_id_idx ON engine.booking_attempt_passengers USING btree (user_id, traveler_profile_id);

CREATE INDEX booking_events_at_idx ON engine.booking_events USING brin (at) WITH (autosummarize='on');

CREATE INDEX booking_events_trip_request_id_idx ON engine.booking_events USING btree (user_id, trip_request_id, id);

CREATE INDEX daily_fares_lead_days_idx ON engine.daily_fares USING btree (lead_days, day);

CREATE INDEX daily_fares_route_idx ON engine.daily_fares USING btree (origin, destination, lead_days, day);

CREATE INDEX deliveries_endpoint_idx ON engine.deliveries USING btree (endpoint);

CREATE INDEX deliveries_open_idx ON engine.deliveries USING btree (trip_request_id, channel, endpoint, id) WHERE (state = 'OPEN'::text);

CREATE INDEX event_effects_operation_idx ON engine.event_effects USING btree (operation);

CREATE INDEX exchange_rate_changes_held_idx ON engine.exchange_rate_changes USING btree (as_of) WHERE (action = 'HELD'::text);

CREATE INDEX exchange_rate_changes_pair_idx ON engine.exchange_rate_changes USING btree (base, quote, id);

CREATE INDEX exchange_rates_quote_idx ON engine.exchange_rates USING btree (quote);

CREATE INDEX fare_looks_looked_at_idx ON engine.fare_looks USING btree (looked_at);

CREATE INDEX invariant_violations_present_idx ON engine.invariant_violations USING btree (since) WHERE (gone_at IS NULL);

CREATE INDEX monitor_runs_started_at_idx ON engine.monitor_runs USING btree (started_at);

CREATE INDEX provider_calls_booking_attempt_id_idx ON engine.provider_calls USING btree (user_id, booking_attempt_id);

CREATE INDEX provider_calls_dead_idx ON engine.provider_calls USING btree (finished_at) WHERE ((state = 'DEAD'::text) AND (operation <> 'search'::text));

CREATE INDEX provider_calls_delivery_id_idx ON engine.provider_calls USING btree (delivery_id) WHERE (delivery_id IS NOT NULL);

CREATE INDEX provider_calls_finished_search_idx ON engine.provider_calls USING btree (finished_at) WHERE ((booking_attempt_id IS NULL) AND (finished_at IS NOT NULL));

CREATE INDEX provider_calls_lease_until_idx ON engine.provider_calls USING btree (lease_until) WHERE (state = ANY (ARRAY['CLAIMED'::text, 'SENT'::text]));

CREATE INDEX provider_calls_open_idx ON engine.provider_calls USING btree (user_id, trip_request_id) WHERE (state = ANY (ARRAY['READY'::text, 'CLAIMED'::text, 'SENT'::text]));

CREATE INDEX provider_calls_ready_delivery_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (delivery_id IS NOT NULL));

CREATE INDEX provider_calls_ready_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (booking_attempt_id IS NOT NULL));

CREATE INDEX provider_calls_ready_other_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (booking_attempt_id IS NULL) AND (delivery_id IS NULL));

CREATE INDEX provider_calls_ready_read_idx ON engine.provider_calls USING btree (run_at, id) WHERE ((state = 'READY'::text) AND (user_id IS NULL) AND (delivery_id IS NULL));

CREATE INDEX provider_calls_trip_request_id_idx ON engine.provider_calls USING btree (user_id, trip_request_id);

CREATE INDEX provider_events_arrival_idx ON engine.provider_events USING brin (received_at) WITH (autosummarize='on');

CREATE INDEX provider_events_object_id_idx ON engine.provider_events USING btree (provider, object_id);

CREATE INDEX provider_events_received_at_idx ON engine.provider_events USING btree (received_at) WHERE (state = 'RECEIVED'::text);

CREATE INDEX quarantined_offers_quarantined_at_idx ON engine.quarantined_offers USING btree (quarantined_at);

CREATE INDEX quarantined_offers_trip_request_id_idx ON engine.quarantined_offers USING btree (user_id, trip_request_id);

CREATE INDEX review_actions_review_case_id_idx ON engine.review_actions USING btree (review_case_id);

CREATE INDEX review_cases_booking_attempt_id_idx ON engine.review_cases USING btree (user_id, booking_attempt_id);

CREATE UNIQUE INDEX review_cases_open_idx ON engine.review_cases USING btree (kind, object_id) WHERE (resolved_at IS NULL);

CREATE INDEX review_cases_trip_request_id_idx ON engine.review_cases USING btree (user_id, trip_request_id) WHERE (resolved_at IS NULL);

CREATE INDEX trip_searches_search_key_idx ON engine.trip_searches USING btree (search_key);

CREATE INDEX wait_decisions_trip_request_id_idx ON engine.wait_decisions USING btree (user_id, trip_request_id, id);

CREATE INDEX booking_attempts_ended_at_idx ON public.booking_attempts USING btree (ended_at) INCLUDE (currency, agreed_amount, refund_amount, refunded_at) WHERE (status = 'SUCCESS'::text);

CREATE INDEX booking_attempts_flight_offer_id_idx ON public.booking_attempts USING btree (user_id, flight_offer_id);

CREATE UNIQUE INDEX booking_attempts_live_idx ON public.booking_attempts USING btree (user_id, trip_request_id) WHERE (status = 'PENDING'::text);

CREATE INDEX booking_attempts_moved_at_idx ON public.booking_attempts USING btree (moved_at) WHERE (moved_at IS NOT NULL);

CREATE INDEX booking_attempts_offer_id_idx ON public.booking_attempts USING btree (offer_id);

CREATE INDEX booking_attempts_order_id_idx ON public.booking_attempts USING btree (order_id);

CREATE INDEX booking_attempts_payment_intent_id_idx ON public.booking_attempts USING btree (payment_intent_id);

CREATE INDEX booking_attempts_payment_method_id_idx ON public.booking_attempts USING btree (user_id, payment_method_id);

CREATE INDEX booking_attempts_state_changed_at_idx ON public.booking_attempts USING btree (state_changed_at);

CREATE INDEX booking_attempts_state_idx ON public.booking_attempts USING btree (state, state_changed_at) WHERE (state <> ALL (ARRAY['CONFIRMED'::text, 'FAILED'::text, 'CANCELLED'::text]));

CREATE INDEX booking_attempts_trace_id_idx ON public.booking_attempts USING btree (trace_id);

CREATE INDEX booking_attempts_user_id_status_idx ON public.booking_attempts USING btree (user_id, status);

CREATE INDEX booking_passengers_traveler_profile_id_idx ON public.booking_passengers USING btree (user_id, traveler_profile_id);

CREATE INDEX consents_payment_method_id_idx ON public.consents USING btree (user_id, payment_method_id);

CREATE INDEX consents_text_version_idx ON public.consents USING btree (text_version);

CREATE INDEX consents_trip_request_id_idx ON public.consents USING btree (user_id, trip_request_id, id);

CREATE INDEX fare_history_route_idx ON public.fare_history USING btree (origin, destination, departure_date, searched_at);

CREATE INDEX fare_history_searched_at_idx ON public.fare_history USING brin (searched_at) WITH (autosummarize='on');

CREATE INDEX fare_history_trip_request_id_idx ON public.fare_history USING btree (user_id, trip_request_id, searched_at);

CREATE INDEX flight_bookings_booking_attempt_id_idx ON public.flight_bookings USING btree (user_id, booking_attempt_id);

CREATE UNIQUE INDEX flight_bookings_confirmed_idx ON public.flight_bookings USING btree (user_id, trip_request_id) WHERE (status = 'CONFIRMED'::text);

CREATE INDEX flight_bookings_flight_offer_id_idx ON public.flight_bookings USING btree (user_id, flight_offer_id);

CREATE INDEX flight_bookings_id_idx ON public.flight_bookings USING btree (id);

CREATE INDEX flight_bookings_next_look_at_idx ON public.flight_bookings USING btree (next_look_at) WHERE (status = 'CONFIRMED'::text);

CREATE INDEX flight_bookings_trip_request_id_idx ON public.flight_bookings USING btree (user_id, trip_request_id);

CREATE INDEX flight_bookings_user_id_status_idx ON public.flight_bookings USING btree (user_id, status);

CREATE UNIQUE INDEX flight_offers_offer_id_day_idx ON ONLY public.flight_offers USING btree (offer_id, day);

CREATE UNIQUE INDEX flight_offers_kept_offer_id_day_idx ON public.flight_offers_kept USING btree (offer_id, day);

CREATE UNIQUE INDEX flight_offers_user_id_id_day_idx ON ONLY public.flight_offers USING btree (user_id, id, day);

CREATE UNIQUE INDEX flight_offers_kept_user_id_id_day_idx ON public.flight_offers_kept USING btree (user_id, id, day);

CREATE INDEX flight_offers_trip_request_id_idx ON ONLY public.flight_offers USING btree (user_id, trip_request_id, search_round);

CREATE INDEX flight_offers_kept_user_id_trip_request_id_search_round_idx ON public.flight_offers_kept USING btree (user_id, trip_request_id, search_round);

CREATE UNIQUE INDEX flight_offers_other_offer_id_day_idx ON public.flight_offers_other USING btree (offer_id, day);

CREATE UNIQUE INDEX flight_offers_other_user_id_id_day_idx ON public.flight_offers_other USING btree (user_id, id, day);

CREATE INDEX flight_offers_other_user_id_trip_request_id_search_round_idx ON public.flight_offers_other USING btree (user_id, trip_request_id, search_round);

CREATE INDEX notifications_created_at_idx ON public.notifications USING btree (created_at);

CREATE INDEX notifications_flight_booking_id_idx ON public.notifications USING btree (user_id, flight_booking_id);

CREATE INDEX notifications_trip_request_id_idx ON public.notifications USING btree (user_id, trip_request_id, created_at);

CREATE INDEX notifications_user_id_created_at_idx ON public.notifications USING btree (user_id, created_at);

CREATE INDEX offer_counts_searched_at_idx ON public.offer_counts USING btree (searched_at);

CREATE INDEX offer_counts_trip_request_id_idx ON public.offer_counts USING btree (user_id, trip_request_id, search_round);

CREATE INDEX offer_proposals_booking_attempt_id_idx ON public.offer_proposals USING btree (user_id, booking_attempt_id);

CREATE INDEX offer_proposals_closes_at_idx ON public.offer_proposals USING btree (closes_at) WHERE (state = 'OPEN'::text);

CREATE UNIQUE INDEX offer_proposals_open_idx ON public.offer_proposals USING btree (user_id, trip_request_id) WHERE (state = 'OPEN'::text);

CREATE INDEX offer_proposals_trip_request_id_idx ON public.offer_proposals USING btree (user_id, trip_request_id, proposed_at);

CREATE UNIQUE INDEX payment_methods_default_idx ON public.payment_methods USING btree (user_id) WHERE (is_default AND (detached_at IS NULL));

CREATE INDEX payment_methods_expiry_idx ON public.payment_methods USING btree (exp_year, exp_month) WHERE (detached_at IS NULL);

CREATE INDEX trip_passengers_traveler_profile_id_idx ON public.trip_passengers USING btree (user_id, traveler_profile_id);

CREATE INDEX trip_requests_due_idx ON public.trip_requests USING btree (next_search_at) WHERE ((auto_book_status = 'PENDING'::text) AND auto_book_enabled);

CREATE INDEX trip_requests_open_idx ON public.trip_requests USING btree (user_id) WHERE (auto_book_status = ANY (ARRAY['PENDING'::text, 'BOOKING'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text]));

CREATE INDEX trip_requests_over_idx ON public.trip_requests USING btree (departure_to) WHERE (auto_book_status = ANY (ARRAY['PENDING'::text, 'PAUSED'::text, 'ACTION_REQUIRED'::text, 'FAILED'::text]));

CREATE INDEX trip_requests_payment_method_id_idx ON public.trip_requests USING btree (user_id, payment_method_id);

CREATE INDEX trip_requests_selected_offer_id_idx ON public.trip_requests USING btree (user_id, selected_offer_id);

CREATE INDEX trip_requests_watched_idx ON public.trip_requests USING btree (next_search_at) WHERE ((auto_book_status = 'PENDING'::text) AND (auto_book_enabled OR (booking_mode = 'WATCH'::text)));

ALTER INDEX public.flight_offers_offer_id_day_idx ATTACH PARTITION public.flight_offers_kept_offer_id_day_idx;

ALTER INDEX public.flight_offers_user_id_id_day_idx ATTACH PARTITION public.flight_offers_kept_user_id_id_day_idx;

ALTER INDEX public.flight_offers_trip_request_id_idx ATTACH PARTITION public.flight_offers_kept_user_id_trip_request_id_search_round_idx;

ALTER INDEX public.flight_offers_offer_id_day_idx ATTACH PARTITION public.flight_offers_other_offer_id_day_idx;

ALTER INDEX public.flight_offers_user_id_id_day_idx ATTACH PARTITION public.flight_offers_other_user_id_id_day_idx;

ALTER INDEX public.flight_offers_trip_request_id_idx ATTACH PARTITION public.flight_offers_other_user_id_trip_request_id_search_round_idx;

CREATE TRIGGER airport_overrides_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.airport_overrides FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER booking_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.booking_events FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER consent_texts_append_only BEFORE DELETE OR UPDATE OF version, body, sha256, published_at, published_by, reason OR TRUNCATE ON engine.consent_texts FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER endpoint_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.endpoint_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER exchange_rate_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.exchange_rate_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER installation_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.installation_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER job_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.job_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER kill_switch_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.kill_switch_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER message_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.message_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER money_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.money_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER review_actions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.review_actions FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER search_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.search_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER spending_ceiling_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.spending_ceiling_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER trace_settings_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.trace_settings_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER traveller_limit_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON engine.traveller_limit_changes FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER booking_attempts_spent AFTER UPDATE OF status, refunded_at ON public.booking_attempts FOR EACH ROW WHEN ((((old.status IS DISTINCT FROM new.status) AND (('SUCCESS'::text = old.status) OR ('SUCCESS'::text = new.status))) OR ((old.status = 'SUCCESS'::text) AND (old.refunded_at IS DISTINCT FROM new.refunded_at)))) EXECUTE FUNCTION engine.note_spending();

CREATE TRIGGER booking_attempts_spent_at_once AFTER INSERT ON public.booking_attempts FOR EACH ROW WHEN ((new.status = 'SUCCESS'::text)) EXECUTE FUNCTION engine.note_spending();

CREATE TRIGGER booking_attempts_tell AFTER UPDATE OF state ON public.booking_attempts FOR EACH ROW WHEN (((new.state = 'NEEDS_REVIEW'::text) AND (old.state <> 'NEEDS_REVIEW'::text) AND (new.status = 'PENDING'::text))) EXECUTE FUNCTION engine.tell_attempt();

CREATE TRIGGER consents_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.consents FOR EACH STATEMENT EXECUTE FUNCTION engine.refuse_change();

CREATE TRIGGER fare_history_keep_daily AFTER INSERT ON public.fare_history FOR EACH ROW WHEN (((new.cheapest)::numeric > (0)::numeric)) EXECUTE FUNCTION engine.keep_daily_fare();

CREATE TRIGGER flight_bookings_tell AFTER UPDATE OF status ON public.flight_bookings FOR EACH ROW WHEN (((new.status IS DISTINCT FROM old.status) AND (new.status <> 'CONFIRMED'::text))) EXECUTE FUNCTION engine.tell_booking();

CREATE TRIGGER flight_bookings_tell_made AFTER INSERT ON public.flight_bookings FOR EACH ROW EXECUTE FUNCTION engine.tell_booking();

CREATE TRIGGER notification_preferences_check_sizes BEFORE INSERT OR UPDATE ON public.notification_preferences FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

CREATE TRIGGER payment_methods_check_sizes BEFORE INSERT OR UPDATE ON public.payment_methods FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

CREATE TRIGGER spending_limits_changed BEFORE INSERT OR UPDATE ON public.spending_limits FOR EACH ROW EXECUTE FUNCTION engine.note_changed_limit();

CREATE TRIGGER spending_limits_check_sizes BEFORE INSERT OR UPDATE ON public.spending_limits FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

CREATE TRIGGER traveler_profiles_check_sizes BEFORE INSERT OR UPDATE ON public.traveler_profiles FOR EACH ROW EXECUTE FUNCTION engine.check_sizes();

CREATE TRIGGER traveler_profiles_person BEFORE UPDATE ON public.traveler_profiles FOR EACH ROW WHEN ((((((((old.given_name IS DISTINCT FROM new.given_name) OR (old.family_name IS DISTINCT FROM new.family_name)) OR (old.title IS DISTINCT FROM new.title)) OR (old.gender IS DISTINCT FROM new.gender)) OR (old.born_on IS DISTINCT FROM new.born_on)) OR (old.email IS DISTINCT FROM new.email)) OR (old.phone_number IS DISTINCT FROM new.phone_number))) EXECUTE FUNCTION engine.note_changed_person();

CREATE TRIGGER traveler_profiles_plan AFTER UPDATE OF born_on ON public.traveler_profiles FOR EACH ROW WHEN ((old.born_on IS DISTINCT FROM new.born_on)) EXECUTE FUNCTION engine.plan_changed_profile();

CREATE TRIGGER traveler_profiles_room BEFORE INSERT ON public.traveler_profiles FOR EACH ROW EXECUTE FUNCTION engine.check_profile();

CREATE TRIGGER trip_passengers_check BEFORE INSERT OR DELETE ON public.trip_passengers FOR EACH ROW EXECUTE FUNCTION engine.check_trip_passenger();

CREATE TRIGGER trip_passengers_consented AFTER INSERT ON public.trip_passengers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.complete_consent();

CREATE TRIGGER trip_passengers_plan_fewer AFTER DELETE ON public.trip_passengers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.plan_changed_party();

CREATE TRIGGER trip_passengers_plan_more AFTER INSERT ON public.trip_passengers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION engine.plan_changed_party();

CREATE TRIGGER trip_requests_check BEFORE INSERT OR UPDATE OF user_id, origins, destinations, departure_from, departure_to, return_from, return_to, nights_min, nights_max, cabin_class, max_price, currency, max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id, auto_book_enabled, consent_text_version, airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after, depart_before, arrive_after, arrive_before, return_depart_after, return_depart_before, return_arrive_after, return_arrive_before, no_red_eye, no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown, price_weight, duration_weight, connections_weight, airline_weight, decide_by, max_searches, booking_mode, veto_minutes ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.check_trip_request();

CREATE TRIGGER trip_requests_consent BEFORE INSERT OR UPDATE OF consent_text_version ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.date_consent();

CREATE TRIGGER trip_requests_consented AFTER INSERT ON public.trip_requests FOR EACH ROW WHEN ((new.consent_text_version IS NOT NULL)) EXECUTE FUNCTION engine.record_consent();

CREATE TRIGGER trip_requests_consented_again AFTER UPDATE OF consent_text_version ON public.trip_requests FOR EACH ROW WHEN ((new.consent_text_version IS NOT NULL)) EXECUTE FUNCTION engine.record_consent();

CREATE TRIGGER trip_requests_lapse_proposal AFTER UPDATE ON public.trip_requests FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION engine.lapse_proposal();

CREATE TRIGGER trip_requests_plan AFTER UPDATE OF origins, destinations, departure_from, departure_to, return_from, return_to, nights_min, nights_max, cabin_class, max_connections, max_price, currency, max_duration, carry_on_bags, checked_bags, airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after, depart_before, arrive_after, arrive_before, return_depart_after, return_depart_before, return_arrive_after, return_arrive_before, no_red_eye, no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown, payment_method_id, auto_book_enabled, consent_text_version, booking_mode ON public.trip_requests FOR EACH ROW EXECUTE FUNCTION engine.plan_changed_trip();

CREATE TRIGGER trip_requests_tell AFTER UPDATE OF auto_book_status ON public.trip_requests FOR EACH ROW WHEN (((new.auto_book_status IS DISTINCT FROM old.auto_book_status) AND (new.auto_book_status = ANY (ARRAY['ACTION_REQUIRED'::text, 'FAILED'::text, 'EXPIRED'::text, 'CANCELLED'::text])))) EXECUTE FUNCTION engine.tell_trip();

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.booking_attempt_passengers
    ADD CONSTRAINT booking_attempt_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.breakers
    ADD CONSTRAINT breakers_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

ALTER TABLE ONLY engine.daily_fares
    ADD CONSTRAINT daily_fares_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY engine.deliveries
    ADD CONSTRAINT deliveries_endpoint_fkey FOREIGN KEY (endpoint) REFERENCES engine.webhook_endpoints(name) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.deliveries
    ADD CONSTRAINT deliveries_notification_id_fkey FOREIGN KEY (user_id, notification_id) REFERENCES public.notifications(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY engine.event_effects
    ADD CONSTRAINT event_effects_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_base_fkey FOREIGN KEY (base) REFERENCES engine.currencies(code);

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_confirms_fkey FOREIGN KEY (confirms) REFERENCES engine.exchange_rate_changes(id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.exchange_rate_changes
    ADD CONSTRAINT exchange_rate_changes_quote_fkey FOREIGN KEY (quote) REFERENCES engine.currencies(code);

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_base_fkey FOREIGN KEY (base) REFERENCES engine.currencies(code);

ALTER TABLE ONLY engine.exchange_rates
    ADD CONSTRAINT exchange_rates_quote_fkey FOREIGN KEY (quote) REFERENCES engine.currencies(code);

ALTER TABLE ONLY engine.job_beats
    ADD CONSTRAINT job_beats_job_fkey FOREIGN KEY (job) REFERENCES engine.jobs(job) ON DELETE CASCADE;

ALTER TABLE ONLY engine.outcome_rules
    ADD CONSTRAINT outcome_rules_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_operation_fkey FOREIGN KEY (operation) REFERENCES engine.operations(operation);

ALTER TABLE ONLY engine.provider_calls
    ADD CONSTRAINT provider_calls_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.quarantined_offers
    ADD CONSTRAINT quarantined_offers_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.review_actions
    ADD CONSTRAINT review_actions_review_case_id_fkey FOREIGN KEY (review_case_id) REFERENCES engine.review_cases(id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.review_cases
    ADD CONSTRAINT review_cases_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_next_operation_fkey FOREIGN KEY (next_operation) REFERENCES engine.operations(operation) ON DELETE CASCADE;

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_next_state_fkey FOREIGN KEY (next_state) REFERENCES engine.saga_states(state) ON DELETE CASCADE;

ALTER TABLE ONLY engine.saga_transitions
    ADD CONSTRAINT saga_transitions_state_fkey FOREIGN KEY (state) REFERENCES engine.saga_states(state) ON DELETE CASCADE;

ALTER TABLE ONLY engine.spending_ceilings
    ADD CONSTRAINT spending_ceilings_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY engine.travellers
    ADD CONSTRAINT travellers_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY engine.trip_searches
    ADD CONSTRAINT trip_searches_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY engine.wait_decisions
    ADD CONSTRAINT wait_decisions_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_flight_offer_id_fkey FOREIGN KEY (user_id, flight_offer_id) REFERENCES public.flight_offers_kept(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_state_fkey FOREIGN KEY (state) REFERENCES engine.saga_states(state);

ALTER TABLE ONLY public.booking_attempts
    ADD CONSTRAINT booking_attempts_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_flight_booking_id_fkey FOREIGN KEY (user_id, flight_booking_id) REFERENCES public.flight_bookings(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.booking_passengers
    ADD CONSTRAINT booking_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_text_version_fkey FOREIGN KEY (text_version) REFERENCES engine.consent_texts(version) ON DELETE RESTRICT;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.fare_history
    ADD CONSTRAINT fare_history_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_flight_offer_id_fkey FOREIGN KEY (user_id, flight_offer_id) REFERENCES public.flight_offers_kept(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.flight_bookings
    ADD CONSTRAINT flight_bookings_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_flight_booking_id_fkey FOREIGN KEY (user_id, flight_booking_id) REFERENCES public.flight_bookings(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_kind_fkey FOREIGN KEY (kind) REFERENCES engine.message_kinds(kind);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.offer_counts
    ADD CONSTRAINT offer_counts_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.offer_proposals
    ADD CONSTRAINT offer_proposals_booking_attempt_id_fkey FOREIGN KEY (user_id, booking_attempt_id) REFERENCES public.booking_attempts(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.offer_proposals
    ADD CONSTRAINT offer_proposals_price_currency_fkey FOREIGN KEY (price_currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.offer_proposals
    ADD CONSTRAINT offer_proposals_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.spending_limits
    ADD CONSTRAINT spending_limits_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.traveler_profiles
    ADD CONSTRAINT traveler_profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_traveler_profile_id_fkey FOREIGN KEY (user_id, traveler_profile_id) REFERENCES public.traveler_profiles(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.trip_passengers
    ADD CONSTRAINT trip_passengers_trip_request_id_fkey FOREIGN KEY (user_id, trip_request_id) REFERENCES public.trip_requests(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_currency_fkey FOREIGN KEY (currency) REFERENCES engine.currencies(code);

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_payment_method_id_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES public.payment_methods(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_selected_offer_id_fkey FOREIGN KEY (user_id, selected_offer_id) REFERENCES public.flight_offers_kept(user_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.trip_requests
    ADD CONSTRAINT trip_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE RESTRICT;

ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;

CREATE POLICY users_owner_all ON auth.users TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.airline_alliances ENABLE ROW LEVEL SECURITY;

CREATE POLICY airline_alliances_owner_all ON engine.airline_alliances TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.airport_overrides ENABLE ROW LEVEL SECURITY;

CREATE POLICY airport_overrides_owner_all ON engine.airport_overrides TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.airports ENABLE ROW LEVEL SECURITY;

CREATE POLICY airports_owner_all ON engine.airports TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.booking_attempt_passengers ENABLE ROW LEVEL SECURITY;

CREATE POLICY booking_attempt_passengers_owner_all ON engine.booking_attempt_passengers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.booking_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY booking_events_owner_all ON engine.booking_events TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.breakers ENABLE ROW LEVEL SECURITY;

CREATE POLICY breakers_owner_all ON engine.breakers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.consent_texts ENABLE ROW LEVEL SECURITY;

CREATE POLICY consent_texts_owner_all ON engine.consent_texts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.counter_parts ENABLE ROW LEVEL SECURITY;

CREATE POLICY counter_parts_owner_all ON engine.counter_parts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.counters ENABLE ROW LEVEL SECURITY;

CREATE POLICY counters_owner_all ON engine.counters TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.currencies ENABLE ROW LEVEL SECURITY;

CREATE POLICY currencies_owner_all ON engine.currencies TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.daily_fares ENABLE ROW LEVEL SECURITY;

CREATE POLICY daily_fares_owner_all ON engine.daily_fares TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.deliveries ENABLE ROW LEVEL SECURITY;

CREATE POLICY deliveries_owner_all ON engine.deliveries TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.deployed_objects ENABLE ROW LEVEL SECURITY;

CREATE POLICY deployed_objects_owner_all ON engine.deployed_objects TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.endpoint ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.endpoint_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY endpoint_changes_owner_all ON engine.endpoint_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY endpoint_owner_all ON engine.endpoint TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.event_effects ENABLE ROW LEVEL SECURITY;

CREATE POLICY event_effects_owner_all ON engine.event_effects TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.exchange_rate_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY exchange_rate_changes_owner_all ON engine.exchange_rate_changes TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.exchange_rates ENABLE ROW LEVEL SECURITY;

CREATE POLICY exchange_rates_owner_all ON engine.exchange_rates TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.fare_looks ENABLE ROW LEVEL SECURITY;

CREATE POLICY fare_looks_owner_all ON engine.fare_looks TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.flag_data ENABLE ROW LEVEL SECURITY;

CREATE POLICY flag_data_owner_all ON engine.flag_data TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.flag_register ENABLE ROW LEVEL SECURITY;

CREATE POLICY flag_register_owner_all ON engine.flag_register TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.flag_sync ENABLE ROW LEVEL SECURITY;

CREATE POLICY flag_sync_owner_all ON engine.flag_sync TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.flag_usage ENABLE ROW LEVEL SECURITY;

CREATE POLICY flag_usage_owner_all ON engine.flag_usage TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.flag_usage_parts ENABLE ROW LEVEL SECURITY;

CREATE POLICY flag_usage_parts_owner_all ON engine.flag_usage_parts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.history ENABLE ROW LEVEL SECURITY;

CREATE POLICY history_owner_all ON engine.history TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.installation ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.installation_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY installation_changes_owner_all ON engine.installation_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY installation_owner_all ON engine.installation TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.invariant_checks ENABLE ROW LEVEL SECURITY;

CREATE POLICY invariant_checks_owner_all ON engine.invariant_checks TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.invariant_violations ENABLE ROW LEVEL SECURITY;

CREATE POLICY invariant_violations_owner_all ON engine.invariant_violations TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.job_beats ENABLE ROW LEVEL SECURITY;

CREATE POLICY job_beats_owner_all ON engine.job_beats TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.job_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY job_changes_owner_all ON engine.job_changes TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.jobs ENABLE ROW LEVEL SECURITY;

CREATE POLICY jobs_owner_all ON engine.jobs TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.kill_switch ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.kill_switch_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY kill_switch_changes_owner_all ON engine.kill_switch_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY kill_switch_owner_all ON engine.kill_switch TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.message_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY message_changes_owner_all ON engine.message_changes TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.message_kinds ENABLE ROW LEVEL SECURITY;

CREATE POLICY message_kinds_owner_all ON engine.message_kinds TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.message_settings ENABLE ROW LEVEL SECURITY;

CREATE POLICY message_settings_owner_all ON engine.message_settings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.metropolitan_areas ENABLE ROW LEVEL SECURITY;

CREATE POLICY metropolitan_areas_owner_all ON engine.metropolitan_areas TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.money_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.money_settings_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY money_settings_changes_owner_all ON engine.money_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY money_settings_owner_all ON engine.money_settings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.monitor_runs ENABLE ROW LEVEL SECURITY;

CREATE POLICY monitor_runs_owner_all ON engine.monitor_runs TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.operations ENABLE ROW LEVEL SECURITY;

CREATE POLICY operations_owner_all ON engine.operations TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.outcome_rules ENABLE ROW LEVEL SECURITY;

CREATE POLICY outcome_rules_owner_all ON engine.outcome_rules TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.provider_calls ENABLE ROW LEVEL SECURITY;

CREATE POLICY provider_calls_owner_all ON engine.provider_calls TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.provider_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY provider_events_owner_all ON engine.provider_events TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.quarantined_offers ENABLE ROW LEVEL SECURITY;

CREATE POLICY quarantined_offers_owner_all ON engine.quarantined_offers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.refused_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY refused_events_owner_all ON engine.refused_events TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.review_actions ENABLE ROW LEVEL SECURITY;

CREATE POLICY review_actions_owner_all ON engine.review_actions TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.review_cases ENABLE ROW LEVEL SECURITY;

CREATE POLICY review_cases_owner_all ON engine.review_cases TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.saga_states ENABLE ROW LEVEL SECURITY;

CREATE POLICY saga_states_owner_all ON engine.saga_states TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.saga_transitions ENABLE ROW LEVEL SECURITY;

CREATE POLICY saga_transitions_owner_all ON engine.saga_transitions TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.scans ENABLE ROW LEVEL SECURITY;

CREATE POLICY scans_owner_all ON engine.scans TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.search_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.search_settings_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY search_settings_changes_owner_all ON engine.search_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY search_settings_owner_all ON engine.search_settings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.spans ENABLE ROW LEVEL SECURITY;

CREATE POLICY spans_owner_all ON engine.spans TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.spending_ceiling_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY spending_ceiling_changes_owner_all ON engine.spending_ceiling_changes TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.spending_ceilings ENABLE ROW LEVEL SECURITY;

CREATE POLICY spending_ceilings_owner_all ON engine.spending_ceilings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.spent_days ENABLE ROW LEVEL SECURITY;

CREATE POLICY spent_days_owner_all ON engine.spent_days TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.spent_parts ENABLE ROW LEVEL SECURITY;

CREATE POLICY spent_parts_owner_all ON engine.spent_parts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.trace_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE engine.trace_settings_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY trace_settings_changes_owner_all ON engine.trace_settings_changes TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY trace_settings_owner_all ON engine.trace_settings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.traveller_limit_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY traveller_limit_changes_owner_all ON engine.traveller_limit_changes TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.traveller_limits ENABLE ROW LEVEL SECURITY;

CREATE POLICY traveller_limits_owner_all ON engine.traveller_limits TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.travellers ENABLE ROW LEVEL SECURITY;

CREATE POLICY travellers_owner_all ON engine.travellers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.trip_searches ENABLE ROW LEVEL SECURITY;

CREATE POLICY trip_searches_owner_all ON engine.trip_searches TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.wait_decisions ENABLE ROW LEVEL SECURITY;

CREATE POLICY wait_decisions_owner_all ON engine.wait_decisions TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.webhook_endpoints ENABLE ROW LEVEL SECURITY;

CREATE POLICY webhook_endpoints_owner_all ON engine.webhook_endpoints TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.workers ENABLE ROW LEVEL SECURITY;

CREATE POLICY workers_owner_all ON engine.workers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE engine.write_probe ENABLE ROW LEVEL SECURITY;

CREATE POLICY write_probe_owner_all ON engine.write_probe TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.booking_attempts ENABLE ROW LEVEL SECURITY;

CREATE POLICY booking_attempts_authenticated_select ON public.booking_attempts FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY booking_attempts_owner_all ON public.booking_attempts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.booking_passengers ENABLE ROW LEVEL SECURITY;

CREATE POLICY booking_passengers_authenticated_select ON public.booking_passengers FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY booking_passengers_owner_all ON public.booking_passengers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

CREATE POLICY consents_authenticated_select ON public.consents FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY consents_owner_all ON public.consents TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.fare_history ENABLE ROW LEVEL SECURITY;

CREATE POLICY fare_history_authenticated_select ON public.fare_history FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY fare_history_owner_all ON public.fare_history TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.flight_bookings ENABLE ROW LEVEL SECURITY;

CREATE POLICY flight_bookings_authenticated_select ON public.flight_bookings FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY flight_bookings_owner_all ON public.flight_bookings TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.flight_offers ENABLE ROW LEVEL SECURITY;

CREATE POLICY flight_offers_authenticated_select ON public.flight_offers FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

ALTER TABLE public.flight_offers_kept ENABLE ROW LEVEL SECURITY;

CREATE POLICY flight_offers_kept_owner_all ON public.flight_offers_kept TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.flight_offers_other ENABLE ROW LEVEL SECURITY;

CREATE POLICY flight_offers_other_owner_all ON public.flight_offers_other TO skylatch_owner USING (true) WITH CHECK (true);

CREATE POLICY flight_offers_owner_all ON public.flight_offers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.notification_preferences ENABLE ROW LEVEL SECURITY;

CREATE POLICY notification_preferences_authenticated_insert ON public.notification_preferences FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY notification_preferences_authenticated_select ON public.notification_preferences FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY notification_preferences_authenticated_update ON public.notification_preferences FOR UPDATE TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in))) WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY notification_preferences_owner_all ON public.notification_preferences TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

CREATE POLICY notifications_authenticated_select ON public.notifications FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY notifications_authenticated_update ON public.notifications FOR UPDATE TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in))) WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY notifications_owner_all ON public.notifications TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.offer_counts ENABLE ROW LEVEL SECURITY;

CREATE POLICY offer_counts_authenticated_select ON public.offer_counts FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY offer_counts_owner_all ON public.offer_counts TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.offer_proposals ENABLE ROW LEVEL SECURITY;

CREATE POLICY offer_proposals_authenticated_select ON public.offer_proposals FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY offer_proposals_owner_all ON public.offer_proposals TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.payment_methods ENABLE ROW LEVEL SECURITY;

CREATE POLICY payment_methods_authenticated_select ON public.payment_methods FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY payment_methods_owner_all ON public.payment_methods TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.spending_limits ENABLE ROW LEVEL SECURITY;

CREATE POLICY spending_limits_authenticated_insert ON public.spending_limits FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY spending_limits_authenticated_select ON public.spending_limits FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY spending_limits_authenticated_update ON public.spending_limits FOR UPDATE TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in))) WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY spending_limits_owner_all ON public.spending_limits TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.traveler_profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY traveler_profiles_authenticated_insert ON public.traveler_profiles FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY traveler_profiles_authenticated_select ON public.traveler_profiles FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY traveler_profiles_authenticated_update ON public.traveler_profiles FOR UPDATE TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in))) WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY traveler_profiles_owner_all ON public.traveler_profiles TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.trip_passengers ENABLE ROW LEVEL SECURITY;

CREATE POLICY trip_passengers_authenticated_insert ON public.trip_passengers FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY trip_passengers_authenticated_select ON public.trip_passengers FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY trip_passengers_owner_all ON public.trip_passengers TO skylatch_owner USING (true) WITH CHECK (true);

ALTER TABLE public.trip_requests ENABLE ROW LEVEL SECURITY;

CREATE POLICY trip_requests_authenticated_insert ON public.trip_requests FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY trip_requests_authenticated_select ON public.trip_requests FOR SELECT TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY trip_requests_authenticated_update ON public.trip_requests FOR UPDATE TO authenticated USING ((user_id = ( SELECT engine.signed_in() AS signed_in))) WITH CHECK ((user_id = ( SELECT engine.signed_in() AS signed_in)));

CREATE POLICY trip_requests_owner_all ON public.trip_requests TO skylatch_owner USING (true) WITH CHECK (true);
