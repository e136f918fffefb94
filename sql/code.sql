-- The table of contents: every function and policy, in an order in which each finds
-- what it needs. One transaction, on every deploy; a file that is not here is not
-- installed.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set role skylatch_owner;

-- Who may see what.
\ir access/schemas.sql
\ir access/airports.sql
\ir access/booking_attempts.sql
\ir access/booking_events.sql
\ir access/booking_passengers.sql
\ir access/cron_beat.sql
\ir access/currencies.sql
\ir access/endpoint.sql
\ir access/fare_history.sql
\ir access/flag_data.sql
\ir access/flag_sync.sql
\ir access/flight_bookings.sql
\ir access/flight_offers.sql
\ir access/kill_switch.sql
\ir access/metropolitan_areas.sql
\ir access/monitor_runs.sql
\ir access/operations.sql
\ir access/outcome_rules.sql
\ir access/payment_methods.sql
\ir access/provider_calls.sql
\ir access/saga_states.sql
\ir access/saga_transitions.sql
\ir access/traveler_profiles.sql
\ir access/trip_passengers.sql
\ir access/trip_requests.sql
\ir access/workers.sql

-- Functions.
\ir access/may_act_for.sql
\ir operations/version.sql
\ir operations/log_event.sql
\ir operations/refuse_change.sql
\ir flags/flag_problem.sql
\ir flags/require_pipeline.sql
\ir flags/sync_flags.sql
\ir flags/set_kill_switch.sql
\ir trips/lock_trip.sql
\ir trips/has_live_attempt.sql
\ir trips/trip_party.sql
\ir trips/plan_searches.sql
\ir trips/check_trip_request.sql
\ir trips/check_trip_passenger.sql
\ir trips/party_problem.sql
\ir trips/check_party.sql
\ir trips/check_trip_party.sql
\ir trips/create_trip_request.sql
\ir trips/change_trip_status.sql
\ir trips/pause_trip.sql
\ir trips/resume_trip.sql
\ir trips/cancel_trip.sql
\ir provider_calls/operations.sql
\ir provider_calls/outcome_rules.sql
\ir provider_calls/wake_sidecar.sql
\ir search/search_request.sql
\ir search/start_searches.sql
\ir search/search_trip.sql
\ir search/duffel_search.sql
\ir search/is_well_formed_offer.sql
\ir search/ingest_offers.sql
\ir search/expire_offers.sql
\ir booking/stripe_amount.sql
\ir ranking/rank_trip.sql
\ir ranking/rank_offers.sql
\ir ranking/describe_round.sql
\ir booking/saga_transitions.sql
\ir booking/order_party.sql
\ir provider_calls/enqueue_call.sql
\ir provider_calls/build_request.sql
\ir booking/begin_attempt.sql
\ir booking/decide_trip.sql
\ir booking/book_trip.sql
\ir booking/auto_book_production.sql
\ir booking/confirm_booking.sql
\ir booking/release_trip.sql
\ir booking/advance_attempt.sql
\ir provider_calls/lease_calls.sql
\ir provider_calls/claim_calls.sql
\ir provider_calls/mark_sent.sql
\ir provider_calls/outcome_code.sql
\ir provider_calls/find_rule.sql
\ir provider_calls/settle_call.sql
\ir provider_calls/finish_calls.sql
\ir provider_calls/recover_calls.sql
\ir monitor/run_monitor.sql
\ir monitor/tick.sql
\ir monitor/auto_book_monitor.sql
\ir monitor/recover.sql
\ir monitor/heartbeat.sql
\ir monitor/manage_auto_book_monitor.sql
\ir monitor/monitor_status.sql
\ir monitor/auto_book_monitor_status.sql
\ir operations/trip_events.sql
\ir operations/trip_saga.sql
\ir operations/check_invariants.sql

reset role;
-- Owned by the role whose job it is, which only a superuser may arrange.
\ir monitor/manage_monitor_job.sql
-- plpython3u is untrusted: only a superuser may create a function in it.
\ir ../plpython/wrappers/plpython_handshake.sql
