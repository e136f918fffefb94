-- The table of contents: every function and policy, in an order in which each finds
-- the functions that it needs. Each deploy runs all of it in one transaction; a file
-- that is not listed here is not installed.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set role skylatch_owner;

-- access: policies and grants of each table.
\ir access/schemas.sql
\ir access/signed_in.sql
\ir access/airline_alliances.sql
\ir access/airport_overrides.sql
\ir access/airports.sql
\ir access/booking_attempt_passengers.sql
\ir access/booking_attempts.sql
\ir access/booking_events.sql
\ir access/booking_passengers.sql
\ir access/breakers.sql
\ir access/consent_texts.sql
\ir access/consents.sql
\ir access/counter_parts.sql
\ir access/counters.sql
\ir access/currencies.sql
\ir access/daily_fares.sql
\ir access/deployed_objects.sql
\ir access/endpoint.sql
\ir access/endpoint_changes.sql
\ir access/event_effects.sql
\ir access/exchange_rate_changes.sql
\ir access/exchange_rates.sql
\ir access/fare_history.sql
\ir access/fare_looks.sql
\ir access/flag_data.sql
\ir access/flag_register.sql
\ir access/flag_sync.sql
\ir access/flag_usage.sql
\ir access/flag_usage_parts.sql
\ir access/flight_bookings.sql
\ir access/flight_offers.sql
\ir access/flight_offers_kept.sql
\ir access/flight_offers_other.sql
\ir access/history.sql
\ir access/installation.sql
\ir access/installation_changes.sql
\ir access/invariant_checks.sql
\ir access/invariant_violations.sql
\ir access/job_beats.sql
\ir access/job_changes.sql
\ir access/jobs.sql
\ir access/kill_switch.sql
\ir access/kill_switch_changes.sql
\ir access/metropolitan_areas.sql
\ir access/money_settings.sql
\ir access/money_settings_changes.sql
\ir access/monitor_runs.sql
\ir access/offer_counts.sql
\ir access/operations.sql
\ir access/outcome_rules.sql
\ir access/payment_methods.sql
\ir access/provider_calls.sql
\ir access/provider_events.sql
\ir access/quarantined_offers.sql
\ir access/refused_events.sql
\ir access/review_actions.sql
\ir access/review_cases.sql
\ir access/saga_states.sql
\ir access/saga_transitions.sql
\ir access/scans.sql
\ir access/search_settings.sql
\ir access/search_settings_changes.sql
\ir access/spans.sql
\ir access/spending_ceiling_changes.sql
\ir access/spending_ceilings.sql
\ir access/spending_limits.sql
\ir access/spent_days.sql
\ir access/spent_parts.sql
\ir access/trace_settings.sql
\ir access/trace_settings_changes.sql
\ir access/traveler_profiles.sql
\ir access/traveller_limit_changes.sql
\ir access/traveller_limits.sql
\ir access/travellers.sql
\ir access/trip_passengers.sql
\ir access/trip_requests.sql
\ir access/trip_searches.sql
\ir access/wait_decisions.sql
\ir access/workers.sql
\ir access/write_probe.sql

-- access: the functions that tell who asks.
\ir access/acts_as.sql
\ir access/may_act_for.sql
\ir access/caller.sql
\ir access/asked_by.sql

-- record: the audit's rows and the traces' spans.
\ir record/trace_hex.sql
\ir record/call_span.sql
\ir record/child_span.sql
\ir record/attempt_span.sql
\ir record/traceparent.sql
\ir record/trace_ratio.sql
\ir record/add_span.sql
\ir record/log_event.sql
\ir record/is_recent.sql
\ir record/refuse_change.sql

-- input: input is measured, and refused in words.
\ir input/require_size.sql
\ir input/refuse_setting.sql
\ir input/refuse_busy.sql
\ir input/size_limits.sql
\ir input/require_sizes.sql
\ir input/plain_name.sql
\ir input/field_problem.sql
\ir input/check_sizes.sql
\ir input/provider_word.sql
\ir input/holds_secret.sql
\ir input/require_text.sql
\ir input/status_hint.sql

-- locks: rows that are locked, and how long a lock is waited for.
\ir locks/wait_less.sql
\ir locks/hold_traveller.sql
\ir locks/lock_trip.sql
\ir locks/take_trip.sql
\ir locks/lock_traveller.sql

-- installation: its name and its history.
\ir installation/installation_id.sql
\ir installation/belongs_elsewhere.sql
\ir installation/present_history.sql
\ir installation/history_problem.sql
\ir installation/history_is_confirmed.sql
\ir installation/history_settles_at.sql
\ir installation/confirm_history.sql
\ir installation/renew_installation.sql

-- flags: the mirror, the gate, the kill switch.
\ir flags/refuse_runtime.sql
\ir flags/flag_context.sql
\ir flags/flag_register.sql
\ir flags/flag_value.sql
\ir flags/is_enabled.sql
\ir flags/gate_problem.sql
\ir flags/switch_problem.sql
\ir flags/gates_problem.sql
\ir flags/flag_problem.sql
\ir flags/require_pipeline.sql
\ir flags/flag_answers.sql
\ir flags/sync_flags.sql
\ir flags/upsert_flag.sql
\ir flags/beat_flags.sql
\ir flags/miss_flags.sql
\ir flags/hold_mirror.sql
\ir flags/read_flags.sql
\ir flags/record_flag_usage.sql
\ir flags/sum_flag_usage.sql
\ir flags/set_kill_switch.sql
\ir flags/kill_switch_history.sql
\ir flags/flag_status.sql
\ir flags/flag_overview.sql
\ir flags/served_flags.sql
\ir flags/flag_audit.sql

-- calls: the queue of outward calls.
\ir calls/ring.sql
\ir calls/wake_sidecar.sql
\ir calls/enqueue_call.sql
\ir calls/is_claimable.sql
\ir calls/lease_calls.sql
\ir calls/find_rule.sql
\ir calls/retry_at.sql
\ir calls/retry_call.sql
\ir calls/close_call.sql
\ir calls/repeat_call.sql
\ir calls/note_breaker.sql
\ir calls/enqueue_object.sql
\ir calls/list_time.sql

-- money: amounts, rates, limits, ceilings.
\ir money/kept_amount.sql
\ir money/format_money.sql
\ir money/check_card.sql
\ir money/check_price_ceiling.sql
\ir money/note_changed_limit.sql
\ir money/stripe_amount.sql
\ir money/known_rate.sql
\ir money/convert_cap.sql
\ir money/spending_problem.sql
\ir money/in_base_currency.sql
\ir money/note_spending.sql
\ir money/sum_spending.sql
\ir money/spent_in_base.sql
\ir money/ceiling_problem.sql
\ir money/check_ceilings.sql

-- people: who flies, and what they agreed to.
\ir people/age_on.sql
\ir people/trip_party.sql
\ir people/match_party.sql
\ir people/person_key.sql
\ir people/party_problem.sql
\ir people/check_party.sql
\ir people/check_trip_party.sql
\ir people/check_consent_text.sql
\ir people/date_consent.sql
\ir people/consent_party.sql
\ir people/record_consent.sql
\ir people/complete_consent.sql
\ir people/consent_problem.sql
\ir people/check_consent.sql
\ir people/note_changed_person.sql
\ir people/order_party.sql
\ir people/places_moved.sql
\ir people/freeze_party.sql
\ir people/freeze_earlier_parties.sql
\ir people/party_change.sql
\ir people/flight_times.sql
\ir people/overlapping_attempts.sql
\ir people/overlap_problem.sql

-- cases: what only a person can decide.
\ir cases/open_case.sql
\ir cases/close_case.sql
\ir cases/find_case.sql
\ir cases/open_trip_case.sql
\ir cases/start_scan.sql
\ir cases/enqueue_read.sql
\ir cases/gather_evidence.sql
\ir cases/record_evidence.sql

-- ranking: which offers fit, and which is the best.
\ir ranking/list_reasons.sql
\ir ranking/alliances.sql
\ir ranking/is_within.sql
\ir ranking/city_airports.sql
\ir ranking/route_problems.sql
\ir ranking/offer_terms.sql
\ir ranking/judge_offer.sql
\ir ranking/selected_offer_problem.sql
\ir ranking/rank_trip.sql
\ir ranking/count_offers.sql
\ir ranking/best_offer.sql
\ir ranking/rank_offers.sql
\ir ranking/describe_offer.sql
\ir ranking/offer_status.sql
\ir ranking/explain_trip.sql
\ir ranking/describe_round.sql
\ir ranking/fare_standing.sql
\ir ranking/fare_outlook.sql
\ir ranking/buy_or_wait.sql
\ir ranking/reason_to_wait.sql
\ir ranking/last_wait_decision.sql

-- search: the plan of searches, and their offers.
\ir search/place_zone.sql
\ir search/is_over.sql
\ir search/plan_searches.sql
\ir search/search_terms.sql
\ir search/search_key.sql
\ir search/look_interval.sql
\ir search/next_volatility.sql
\ir search/schedule_trips.sql
\ir search/plan_trips.sql
\ir search/plan_changed_trip.sql
\ir search/plan_changed_party.sql
\ir search/plan_changed_profile.sql
\ir search/choose_searches.sql
\ir search/paused_reason.sql
\ir search/enqueue_searches.sql
\ir search/record_looks.sql
\ir search/share_looks.sql
\ir search/search_plan.sql
\ir search/search_status.sql
\ir search/set_search_settings.sql
\ir search/start_searches.sql
\ir search/search_credit.sql
\ir search/may_ask_again_at.sql
\ir search/take_search_credit.sql
\ir search/charge_searches.sql
\ir search/search_at_once.sql
\ir search/duffel_search.sql
\ir search/apply_airport_overrides.sql
\ir search/override_airport.sql
\ir search/override_city.sql
\ir search/offer_rules.sql
\ir search/offer_shape.sql
\ir search/offer_problem.sql
\ir search/earlier_reading.sql
\ir search/told_times.sql
\ir search/read_offers.sql
\ir search/ingest_offers.sql
\ir search/same_passengers.sql
\ir search/store_live_offer.sql
\ir search/keep_daily_fare.sql
\ir search/add_offer_days.sql
\ir search/drop_offer_days.sql
\ir search/purge_offers.sql
\ir search/purge_searches.sql

-- counters: what is counted, and by which labels.
\ir counters/raise_counter.sql
\ir counters/sum_counters.sql
\ir counters/metric_labels.sql
\ir counters/failure_reason.sql

-- outward: one file for each outward call.
\ir outward/define_operation.sql
\ir outward/our_mark.sql
\ir outward/may_have_order.sql
\ir outward/order_itinerary.sql
\ir outward/journey_ends.sql
\ir outward/order_problem.sql
\ir outward/order_facts.sql
\ir outward/found_order.sql
\ir outward/found_refund.sql
\ir outward/object_code.sql
\ir outward/list_code.sql
\ir outward/events_code.sql
\ir outward/payment_code.sql
\ir outward/hold_facts.sql
\ir outward/search.sql
\ir outward/get_offer.sql
\ir outward/create_payment.sql
\ir outward/confirm_payment.sql
\ir outward/read_authorization.sql
\ir outward/create_order.sql
\ir outward/find_order.sql
\ir outward/capture_payment.sql
\ir outward/read_capture.sql
\ir outward/cancel_payment.sql
\ir outward/read_void.sql
\ir outward/quote_cancellation.sql
\ir outward/confirm_cancellation.sql
\ir outward/read_cancellation.sql
\ir outward/find_refunds.sql
\ir outward/create_refund.sql
\ir outward/look_order.sql
\ir outward/look_payment.sql
\ir outward/look_charge.sql
\ir outward/look_refund.sql
\ir outward/look_dispute.sql
\ir outward/look_warning.sql
\ir outward/look_setup.sql
\ir outward/look_method.sql
\ir outward/scan_orders.sql
\ir outward/scan_payments.sql
\ir outward/sweep_order_events.sql
\ir outward/sweep_payment_events.sql
\ir outward/cancel_orphan_payment.sql
\ir outward/build_request.sql
\ir outward/check_sending.sql
\ir outward/refusal_code.sql
\ir outward/outcome_code.sql
\ir outward/record_facts.sql

-- saga: the booking.
\ir saga/has_live_attempt.sql
\ir saga/saga_transitions.sql
\ir saga/require_bookable.sql
\ir saga/check_failures.sql
\ir saga/enqueue_step.sql
\ir saga/begin_attempt.sql
\ir saga/decide_trip.sql
\ir saga/auto_book_production.sql
\ir saga/confirm_booking.sql
\ir saga/release_trip.sql
\ir saga/cancel_booked_trip.sql
\ir saga/record_end.sql
\ir saga/count_step.sql
\ir saga/apply_state_effects.sql
\ir saga/advance_attempt.sql
\ir saga/command_attempt.sql
\ir saga/nudge_attempt.sql
\ir saga/cancel_booking.sql

-- webhooks: the inbox of the providers' events.
\ir webhooks/event_attempt.sql
\ir webhooks/receive_events.sql
\ir webhooks/refuse_events.sql
\ir webhooks/note_payment.sql
\ir webhooks/note_refund.sql
\ir webhooks/note_dispute.sql
\ir webhooks/note_method.sql
\ir webhooks/receive_sweep.sql
\ir webhooks/event_effects.sql
\ir webhooks/apply_event.sql
\ir webhooks/apply_events.sql
\ir webhooks/drain_events.sql
\ir webhooks/sweep_events.sql

-- review: what people decide, and what scans find.
\ir review/try_uuid.sql
\ir review/hold_trip.sql
\ir review/hold_listed_trip.sql
\ir review/note_lost.sql
\ir review/find_doubles.sql
\ir review/start_scans.sql
\ir review/finish_scan.sql
\ir review/judge_orders.sql
\ir review/compare_orders.sql
\ir review/adopt_found.sql
\ir review/compare_payments.sql
\ir review/cancel_by_airline.sql
\ir review/note_itinerary.sql
\ir review/note_order.sql
\ir review/note_orphan_void.sql
\ir review/booking_read_interval.sql
\ir review/read_bookings.sql
\ir review/possible_actions.sql
\ir review/lock_case.sql
\ir review/record_action.sql
\ir review/review_attempt.sql
\ir review/refresh_case.sql
\ir review/resolve_case.sql
\ir review/list_cases.sql
\ir review/review_queue.sql

-- trips: what a traveller says.
\ir trips/require_room.sql
\ir trips/check_profile.sql
\ir trips/remove_passenger.sql
\ir trips/remove_spending_limit.sql
\ir trips/check_wishes.sql
\ir trips/check_trip_request.sql
\ir trips/check_trip_passenger.sql
\ir trips/consent_to_trip.sql
\ir trips/create_trip_request.sql
\ir trips/change_trip_status.sql
\ir trips/pause_trip.sql
\ir trips/resume_trip.sql
\ir trips/cancel_trip.sql
\ir trips/explain_trip.sql
\ir trips/trip_saga.sql

-- invariants: what must never be true.
\ir invariants/one_live_attempt_or_booking_per_trip.sql
\ir invariants/one_live_order_and_one_capture_per_trip.sql
\ir invariants/a_success_has_its_booking.sql
\ir invariants/a_booking_is_what_was_agreed.sql
\ir invariants/no_hold_is_left_when_an_attempt_fails.sql
\ir invariants/nothing_is_kept_of_an_attempt_that_failed.sql
\ir invariants/a_hold_is_decided_before_it_lapses.sql
\ir invariants/a_cancelled_booking_says_so.sql
\ir invariants/no_failure_hides_an_order.sql
\ir invariants/an_unknown_order_is_not_let_go.sql
\ir invariants/an_order_is_sent_once_after_its_intent.sql
\ir invariants/nothing_is_ordered_or_charged_without_an_attempt.sql
\ir invariants/epochs_never_fall.sql
\ir invariants/no_call_is_ahead_of_its_attempt.sql
\ir invariants/a_call_says_where_it_is.sql
\ir invariants/an_attempt_says_how_it_ended.sql
\ir invariants/never_above_the_limit.sql
\ir invariants/no_limit_of_a_traveller_is_exceeded.sql
\ir invariants/what_was_spent_is_added_up.sql
\ir invariants/nobody_is_on_two_flights_at_once.sql
\ir invariants/nothing_begins_that_the_flags_do_not_allow.sql
\ir invariants/nothing_begins_with_an_expired_offer.sql
\ir invariants/an_event_is_kept_once.sql
\ir invariants/every_step_is_one_that_the_saga_has.sql
\ir invariants/nothing_begins_while_booking_is_stopped.sql
\ir invariants/every_step_is_on_record.sql
\ir invariants/no_card_number_or_secret_in_a_text.sql
\ir invariants/a_travellers_rows_are_behind_row_level_security.sql
\ir invariants/a_view_shows_what_its_reader_may_see.sql
\ir invariants/a_definer_function_is_pinned_and_granted_by_name.sql
\ir invariants/a_policy_trusts_no_setting_that_a_caller_may_set.sql
\ir invariants/an_attempt_goes_on_or_waits_for_a_person.sql
\ir invariants/who_waits_for_a_person_is_in_the_queue.sql
\ir invariants/an_event_is_acted_on.sql
\ir invariants/a_trip_says_what_its_attempt_says.sql

-- operations: status, metrics, alerts, settings.
\ir operations/version.sql
\ir operations/oldest_sidecar.sql
\ir operations/object_digests.sql
\ir operations/role_problems.sql
\ir operations/net_problems.sql
\ir operations/bootstrap_problems.sql
\ir operations/seconds_since.sql
\ir operations/is_beating.sql
\ir operations/jobs.sql
\ir operations/beat_job.sql
\ir operations/job_states.sql
\ir operations/job_overview.sql
\ir operations/silent_workers.sql
\ir operations/apply_exchange_rate.sql
\ir operations/set_exchange_rate.sql
\ir operations/confirm_exchange_rates.sql
\ir operations/waiting_exchange_rates.sql
\ir operations/set_money_settings.sql
\ir operations/set_endpoint.sql
\ir operations/set_trace_settings.sql
\ir operations/take_spans.sql
\ir operations/trace_story.sql
\ir operations/trip_overview.sql
\ir operations/offer_overview.sql
\ir operations/booking_overview.sql
\ir operations/set_spending_ceiling.sql
\ir operations/publish_consent_text.sql
\ir operations/retire_consent_text.sql
\ir operations/check_invariants.sql
\ir operations/set_traveller_limits.sql
\ir operations/watch_invariants.sql
\ir operations/open_alerts.sql
\ir operations/counter_metrics.sql
\ir operations/work_metrics.sql
\ir operations/watch_metrics.sql
\ir operations/switch_metrics.sql
\ir operations/metrics.sql
\ir operations/watch_alerts.sql
\ir operations/probe_write.sql
\ir operations/degradations.sql
\ir operations/pipeline_status.sql

-- monitor: what runs by the clock.
\ir monitor/renew_plans.sql
\ir monitor/run_monitor.sql
\ir monitor/monitor_run.sql
\ir monitor/auto_book_monitor.sql
\ir monitor/purge_events.sql
\ir monitor/purge_spans.sql
\ir monitor/purge.sql
\ir monitor/purge_cron_log.sql
\ir monitor/heartbeat.sql
\ir monitor/end_heartbeat.sql
\ir monitor/manage_auto_book_monitor.sql
\ir monitor/monitor_status.sql
\ir monitor/auto_book_monitor_status.sql

-- protocol: the sidecar's door.
\ir protocol/call_request.sql
\ir protocol/read_report.sql
\ir protocol/claim_calls.sql
\ir protocol/mark_sent.sql
\ir protocol/count_apply_failure.sql
\ir protocol/apply_read.sql
\ir protocol/note_late_report.sql
\ir protocol/note_unapplied_report.sql
\ir protocol/settle_search.sql
\ir protocol/settle_call.sql
\ir protocol/finish_calls.sql
\ir protocol/recover_calls.sql
\ir protocol/recover.sql
\ir protocol/due_jobs.sql
\ir protocol/stand_in.sql

reset role;
-- These functions get pg_cron's role as their owner, which only a superuser can do.
\ir monitor/change_cron_job.sql
\ir monitor/follow_cron_node.sql
-- plpython3u is untrusted: only a superuser may create a function in it.
\ir ../plpython/wrappers/plpython_handshake.sql
\ir ../plpython/wrappers/evaluate_flag.sql
\ir ../plpython/wrappers/evaluate_flags.sql
\ir ../plpython/wrappers/take_flag_usage.sql
\ir ../plpython/wrappers/check_flag.sql
