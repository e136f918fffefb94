"""The guards that ``make mutants`` takes away, one at a time (`try_mutants.py`).

Each mutant is a copy of the project with one change, in which a guard is missing. The
tests have to fail there: one that passes is a guard nobody has tested. Where two guards
stand behind each other, the tests of each take the other away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in `file` (from sql/), `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


_LAST_LOOK = "protocol/mark_sent.sql"
_SETTLE = "protocol/settle_call.sql"
_BEGIN = "saga/begin_attempt.sql"
_FOUND = "outward/found_order.sql"
_ORDER = "outward/create_order.sql"
_OFFER = "outward/get_offer.sql"
_GOES_ON = (
    "insert into engine.outcome_rules (operation, http_status, error_code, verdict)\n"
    "values\n"
)
_ENDS = (
    "insert into engine.outcome_rules (\n"
    "  operation, http_status, error_code, verdict, trip_status, reason\n)\nvalues\n"
)
_ROUTE = "ranking/route_problems.sql"
_INTAKE = "../sidecar/intake.py"
_LOOK = "../sidecar/deploy_checks.py"
_DEPLOY = "../sidecar/deploy_session.py"

MUTANTS: dict[str, Mutant] = {
    # An answer counts once, and only from whoever was asked last.
    "a report of an old epoch counts": Mutant(
        _SETTLE, "if v_call.epoch <> p_report.epoch\n", "if false\n"
    ),
    "a report counts twice": Mutant(
        _SETTLE, "or v_call.state not in ('CLAIMED', 'SENT')\n", "or false\n"
    ),
    "a report counts though its attempt has moved": Mutant(
        _SETTLE,
        "or v_call.attempt_epoch <> v_attempt.epoch and v_call.object_id is null\n",
        "",
    ),
    "recovery trusts what it saw without the lock": Mutant(
        _SETTLE, "or p_recovered and v_call.lease_until >= p_now ", ""
    ),
    # An order is sent once, and not at all when something changed.
    "an order is sent by whoever was asked before": Mutant(
        _LAST_LOOK, "    or v_call.epoch <> p_epoch\n", ""
    ),
    "an order is sent twice": Mutant(
        _LAST_LOOK, "    or v_call.state <> 'CLAIMED'\n", ""
    ),
    "an order is sent after its lease": Mutant(
        _LAST_LOOK, "    or v_call.lease_until <= v_now\n", ""
    ),
    "an order is sent though booking is off": Mutant(
        _ORDER,
        "'booking is off: ' || engine.flag_problem(p_trip.user_id, p_now)",
        "null",
    ),
    "an order is sent for a paused trip": Mutant(
        _ORDER, "when p_trip.auto_book_status <> 'BOOKING'", "when false"
    ),
    "an order is sent for a changed trip": Mutant(
        _ORDER, "when p_trip.version <> p_attempt.trip_version", "when false"
    ),
    "an order is sent over a limit that was lowered": Mutant(
        _ORDER, ") is not null then 'the spending limit", ") = '' then 'the limit"
    ),
    "an order is sent on a hold about to lapse": Mutant(
        _ORDER, "p_now + interval '1 hour'", "p_now - interval '1 year'"
    ),
    "an order that was sent counts as not sent": Mutant(
        "protocol/recover_calls.sql",
        "when 'SENT' then 'no_answer'",
        "when 'SENT' then 'not_sent'",
    ),
    # What is not known is not let go of.
    "an unclear answer to an order lets go of it": Mutant(
        _ORDER,
        f"{_GOES_ON}  ('create_order', '*', '*', 'UNKNOWN'),\n",
        f"{_ENDS}  ('create_order', '*', '*', 'RESEARCH', 'PENDING', 'No.');\n"
        f"{_GOES_ON}",
    ),
    "an empty list lets go of an order": Mutant(
        "outward/find_order.sql",
        ",\n  ('find_order', '200', 'none', 'RETRY'),\n",
        f";\n{_ENDS}  ('find_order', '200', 'none', 'RESEARCH', 'PENDING', 'No.');\n"
        f"{_GOES_ON}",
    ),
    "an order of another offer is adopted": Mutant(
        _FOUND,
        "when v_order ->> 'offer_id' is distinct from p_attempt.offer_id\n"
        "        or v_order",
        "when v_order",
    ),
    "an order without our mark is adopted": Mutant(
        _FOUND,
        "        or v_order #>> '{metadata,attempt_id}' is distinct from"
        " p_attempt.id::text\n",
        "",
    ),
    "an order at another price is captured": Mutant(
        _ORDER,
        "is distinct from p_attempt.agreed_amount then 'amount_mismatch'",
        "is null then 'amount_mismatch'",
    ),
    "a refund is not looked for before it is made": Mutant(
        "outward/found_refund.sql",
        "when v_refund is null then 'none'",
        "when true then 'none'",
    ),
    "a key is used that may be forgotten": Mutant(
        "calls/is_claimable.sql",
        "coalesce(p_call.first_claimed_at > p_now - o.key_lasts, true)",
        "true",
    ),
    # Nothing begins that must not.
    "a booking begins without asking the flags": Mutant(
        _BEGIN,
        "v_answers := engine.require_pipeline(p_trip.user_id, p_now, p_answers)",
        "v_answers := engine.flag_answers(p_trip.user_id)",
    ),
    "a booking begins above the limit": Mutant(
        _BEGIN, "when (v_offer.price_amount <= v_limit.cap) is not true", "when false"
    ),
    "a booking begins that was not agreed to": Mutant(
        "saga/require_bookable.sql",
        "when not p_trip.auto_book_enabled or p_trip.consent_at is null",
        "when false",
    ),
    "a booking begins on an old offer": Mutant(
        _BEGIN, "      or v_offer.search_round <> p_trip.search_round\n", ""
    ),
    "a fare that rose above the limit is held": Mutant(
        _OFFER,
        "v_offer.price_amount > p_attempt.cap_amount\n      or v_code in",
        "v_code in",
    ),
    "two trips of a traveller are decided at once": Mutant(
        "locks/lock_traveller.sql",
        "perform engine.hold_traveller(p_user_id);",
        "perform 1;",
    ),
    "a restored database books at once": Mutant(
        "installation/history_problem.sql",
        "when not exists (",
        "when false and not exists (",
    ),
    "a breaker that is open lets calls through": Mutant(
        "calls/is_claimable.sql", "b.open_until > p_now", "false"
    ),
    "poison comes back for ever": Mutant(
        "protocol/count_apply_failure.sql",
        "v_call.apply_failures < 3",
        "v_call.apply_failures < 3000",
    ),
    # What providers say is not believed, but read.
    "a look that began before the end counts": Mutant(
        "webhooks/note_payment.sql",
        "if p_call.claimed_at < v_attempt.state_changed_at then",
        "if false then",
    ),
    "a list that was not read counts as read": Mutant(
        "outward/list_code.sql",
        "when jsonb_typeof(p_report.body -> p_list) = 'array' then 'ok'",
        "when true then 'ok'",
    ),
    "a hold is released though an order may exist": Mutant(
        "review/possible_actions.sql",
        "        and not f.shows_none\n",
        "        and false\n",
    ),
    "history can be rewritten": Mutant(
        "record/refuse_change.sql",
        "before update or delete or truncate on engine.booking_events",
        "before truncate on engine.booking_events",
    ),
    # The wire says what came back, and nothing else.
    "a report may say facts of the engine's own": Mutant(
        "protocol/read_report.sql", "  if v_unknown is not null\n", "  if false\n"
    ),
    "a report may choose its own code": Mutant(
        "protocol/read_report.sql",
        "or v_report.error_code not in ('not_sent', 'no_answer', 'unreadable',"
        " 'too_large')\n",
        "",
    ),
    # A switch that cannot be read is a stop; what does not work is noticed.
    "an answer that is a guess switches booking on": Mutant(
        "flags/gate_problem.sql",
        "when (p_answer -> 'doubt' = 'null') is not true\n",
        "when false\n",
    ),
    # Sizes and shares.
    "a trip's content is looked at before its size": Mutant(
        "trips/check_trip_request.sql",
        "  perform engine.require_sizes('trip_requests', to_jsonb(new));\n",
        "",
    ),
    "a column has no size": Mutant(
        "input/size_limits.sql",
        "    ('traveler_profiles', 'email', 1, 320),\n",
        "",
    ),
    "a tick that did nothing counts as one": Mutant(
        "monitor/run_monitor.sql",
        "  if v_reason is distinct from 'another tick is running' then\n"
        "    perform engine.beat_job",
        "  if true then\n    perform engine.beat_job",
    ),
    "two sidecars stand in for a job at once": Mutant(
        "protocol/stand_in.sql",
        "not pg_try_advisory_xact_lock(7302028, hashtext(p_job))",
        "false",
    ),
    "a job that was done is done again": Mutant(
        "protocol/stand_in.sql",
        "where s.job = p_job and s.is_due",
        "where s.job = p_job",
    ),
    "a sidecar starts what was stopped on purpose": Mutant(
        "operations/job_states.sql",
        "s.stands_in\n    and not s.is_stopped\n    and not s.has_cron",
        "s.stands_in\n    and not s.has_cron",
    ),
    "a deploy starts what was stopped on purpose": Mutant(
        "cron.sql", "where b.stopped_at is null\n\\gset", "\\gset"
    ),
    "the statement of a killed deploy goes on": Mutant(
        _DEPLOY, '    "client_connection_check_interval": "1s",\n', ""
    ),
    "two deploys are at work at once": Mutant(
        _DEPLOY,
        "if row and row[0]:\n            return",
        "if True:\n            return",
    ),
    "a deploy waits for its turn inside of a statement": Mutant(
        _DEPLOY,
        "        _wait_for_turn(session)\n        yield",
        '        session.execute("set lock_timeout = 0")\n'
        '        session.execute("select pg_advisory_lock(%s)", [_LOCK])\n'
        "        yield",
    ),
    "a deploy waits for a table for as long as it takes": Mutant(
        _DEPLOY,
        'f"set local statement_timeout = {_LOCK_MILLISECONDS}"',
        '"set local lock_timeout = 0"',
    ),
    "a migration takes its tables one by one": Mutant(
        "../sidecar/migrations.py",
        'f"migration {migration.id}", work, tables)',
        'f"migration {migration.id}", work)',
    ),
    "a migration's record is another transaction's": Mutant(
        "../sidecar/migrations.py",
        "        record.keep(migration)\n\n    tables",
        "        session.execute('commit; begin')\n        record.keep(migration)\n\n"
        "    tables",
    ),
    "what was changed by hand stays": Mutant(
        "../sidecar/deploy_code.py",
        " where d.catalog_digest is not distinct from o.digest",
        "",
    ),
    "everything is made anew by every deploy": Mutant(
        "../sidecar/deploy_code.py",
        "return objects.keys() - left_alone",
        "return set(objects)",
    ),
    "deploys of two databases set roles at once": Mutant(
        "bootstrap.sql",
        "lock table pg_catalog.pg_db_role_setting in share row exclusive mode;\n",
        "",
    ),
    "a newer database is refused though it serves us": Mutant(
        "../sidecar/versions.py",
        "return _parts(one) > _parts(other)",
        "return one != other",
    ),
    "pg_cron ticks though the monitor was stopped": Mutant(
        "monitor/auto_book_monitor.sql", "b.stopped_at is not null", "false"
    ),
    "a beat from the future counts": Mutant(
        "operations/job_states.sql",
        "engine.is_recent(b.cron_succeeded_at, j.cron_silent_after, p_now)",
        "b.cron_succeeded_at > p_now - j.cron_silent_after",
    ),
    "one job's beat counts for all": Mutant(
        "operations/beat_job.sql", "where f.job = p_job", "where p_job is not null"
    ),
    "a currency's letters follow the database's locale": Mutant(
        "outward/create_payment.sql",
        'lower(p_attempt.currency collate "C")',
        "lower(p_attempt.currency)",
    ),
    "bootstrap.sql takes any encoding": Mutant(
        "bootstrap.sql", "if v_encoding <> 'UTF8' then", "if false then"
    ),
    # Who flies is frozen, and when is what the order says.
    "a waiting decision is taken by what was seen before": Mutant(
        "locks/hold_traveller.sql",
        "  insert into engine.travellers as t (user_id)\n",
        "  perform pg_advisory_xact_lock(7302028, hashtext(p_user_id::text));\n"
        "  return null;\n"
        "  insert into engine.travellers as t (user_id)\n",
    ),
    "a booking begins for another party": Mutant(
        "people/freeze_party.sql", "if v_matches is not true then", "if false then"
    ),
    "a booking begins for a baby on no lap": Mutant(
        "people/freeze_party.sql",
        "    -- Each infant on one lap, and on no lap anybody else.\n    and bool_and(",
        "    and bool_and(true or ",
    ),
    "a changed person leaves the trip's version": Mutant(
        "people/note_changed_person.sql", "set version = t.version + 1, ", "set "
    ),
    "an order is sent for other people than were frozen": Mutant(
        _ORDER, "when engine.party_change(p_attempt)", "when false"
    ),
    "an order is sent into another flight": Mutant(
        _ORDER,
        "when engine.overlap_problem(p_attempt.user_id, p_attempt.id) is not null",
        "when false",
    ),
    "a person is a profile": Mutant(
        "people/freeze_party.sql",
        "engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)",
        "engine.person_key(f.id, f.given_name, f.family_name, f.born_on)",
    ),
    "one person has two seats": Mutant(
        "people/party_problem.sql", "when count(*) > count(\n", "when 0 > count(\n"
    ),
    "an offer's hours outlive its order": Mutant(
        "people/overlapping_attempts.sql",
        "engine.flight_times(coalesce(a.itinerary, o.itinerary))",
        "engine.flight_times(o.itinerary)",
    ),
    "a flight that was moved is not noticed": Mutant(
        "review/note_order.sql",
        "      and engine.note_itinerary(",
        "      and p_now < '2000-01-01' and engine.note_itinerary(",
    ),
    "an older read of an order moves its flight back": Mutant(
        "review/note_itinerary.sql",
        " or p_read_at < p_attempt.itinerary_read_at",
        "",
    ),
    "who was not booked is remembered": Mutant(
        "saga/release_trip.sql",
        "where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;",
        "where false;",
    ),
    "a restored database has temporary tables for all": Mutant(
        "operations/bootstrap_problems.sql",
        "has_database_privilege('public', current_database(), 'temporary')",
        "false",
    ),
    "a role may become another": Mutant(
        "operations/role_problems.sql",
        "  inner join pg_roles as p on a.member = p.oid\n",
        "  inner join pg_roles as p on false\n",
    ),
    "a role may create roles": Mutant(
        "operations/role_problems.sql",
        "(p.rolsuper or p.rolcreaterole or p.rolcreatedb or p.rolreplication)",
        "(p.rolsuper)",
    ),
    "everybody stores large objects": Mutant(
        "bootstrap.sql",
        "'lo_creat', 'lo_create', 'lo_from_bytea', 'pg_logical_emit_message'",
        "'none'",
    ),
    "what was granted besides survives a deploy": Mutant(
        "access/schemas.sql",
        "    execute format('revoke all on %s %s from %s',",
        "    perform format('revoke all on %s %s from %s',",
    ),
    "the application undoes a stop": Mutant(
        "flags/set_kill_switch.sql",
        "elsif not p_engaged and not engine.acts_as('skylatch_operator') then",
        "elsif false then",
    ),
    "a birth date may be to come": Mutant(
        "input/field_problem.sql",
        "clock_timestamp() at time zone 'Pacific/Kiritimati', 'YYYY-MM-DD'",
        "timestamp '2999-12-31', 'YYYY-MM-DD'",
    ),
    "a role may lose its isolation": Mutant(
        "operations/role_problems.sql",
        "          v_workers || 'authenticator'::text, 'default_transaction_"
        "isolation',\n",
        "          v_workers, 'default_transaction_isolation',\n",
    ),
    # What is bought is what was asked for, at each of three looks.
    "an offer to another airport fits": Mutant(
        _ROUTE, "case when v_route is not true then", "case when false then"
    ),
    "an offer on another day fits": Mutant(
        _ROUTE, "case when v_date is not true then", "case when false then"
    ),
    "a one-way offer fits a return trip": Mutant(
        _ROUTE,
        "elsif jsonb_array_length(v_itinerary) <> v_slices then",
        "elsif false then",
    ),
    "an answer to what the trip was fits": Mutant(
        _ROUTE, "    ) is not true\n  then", "    ) is null\n  then"
    ),
    "an offer for other people fits": Mutant(
        "ranking/judge_offer.sql",
        "case when p_terms.party_fits is not true then",
        "case when false then",
    ),
    "an order leaves somebody out": Mutant(
        "people/match_party.sql",
        "      return;  -- nobody stays at home",
        "      continue;",
    ),
    "an order takes a place twice": Mutant(
        "people/match_party.sql", "not v_all_differ or ", ""
    ),
    "a child sits on another child's place": Mutant(
        "people/match_party.sql",
        "if v_ages[v_no] = v_age and",
        "if v_ages[v_no] is not null and",
    ),
    "a child flies alone": Mutant(
        "people/match_party.sql",
        "if v_lap < greatest(cardinality(v_infants), 1) then",
        "if false then",
    ),
    "a baby sits on the lap of a place, not of an adult": Mutant(
        "people/match_party.sql",
        "    if v_grown[v_no] then\n      v_lap := v_lap + 1;\n",
        "    v_lap := v_lap + 1;\n    if v_grown[v_no] then\n",
    ),
    "a segment that leaves somebody out promises a cabin": Mutant(
        "search/read_offers.sql",
        "            and y.seated <@ jsonb_agg(w.value -> 'passenger_id')\n",
        "",
    ),
    "a refund of nothing is a refund": Mutant(
        "ranking/judge_offer.sql",
        "p_offer.refund_penalty >= p_offer.price_amount",
        "false",
    ),
    "an airport's code means its city": Mutant(
        "ranking/city_airports.sql",
        "not exists (select from engine.airports as a where a.iata = m.iata)",
        "true",
    ),
    "an order for another journey is paid": Mutant(
        "outward/order_problem.sql", ") then 'other_journey'", ") then null"
    ),
    "an order for fewer people is paid": Mutant(
        "outward/order_problem.sql", ") then 'other_party'", ") then null"
    ),
    "a letter that no ticket has is written down": Mutant(
        "input/field_problem.sql",
        "p_row ->> 'given_name' !~ '[ÆæĲĳŒœÞþÐð]'",
        "p_row ->> 'given_name' is not null",
    ),
    "a flight that leaves at once fits": Mutant(
        "ranking/judge_offer.sql", "p_now + p_terms.least_lead_time", "p_now"
    ),
    "the live offer is not judged": Mutant(
        _OFFER, "when v_code is not null then v_code", "when false then v_code"
    ),
    "an adult sits on a child's place": Mutant(
        _OFFER, "when engine.places_moved(p_attempt)", "when false"
    ),
    "the live offer is judged as it was found": Mutant(
        "search/store_live_offer.sql", "    refundable = r.refundable,\n", ""
    ),
    "the live offer may be for other passengers": Mutant(
        "search/store_live_offer.sql",
        "\n    and engine.same_passengers(o.passengers, r.passengers)",
        "",
    ),
    "an order is sent for an offer that fits no more": Mutant(
        _ORDER, "when v_problem is not null\n", "when false\n"
    ),
    "an order is sent at a price that was not agreed": Mutant(
        _ORDER,
        "is distinct from (p_attempt.agreed_amount, p_attempt.currency)",
        "is null",
    ),
    "the repeated hour is always the second": Mutant(
        "search/read_offers.sql",
        "coalesce(w.told[1], r.usually_departs_at)",
        "r.usually_departs_at",
    ),
    "corrections of places can be rewritten": Mutant(
        "record/refuse_change.sql",
        "before update or delete or truncate on engine.airport_overrides",
        "before truncate on engine.airport_overrides",
    ),
    # Whose authority money moves on.
    "a rate far from the last one is in force at once": Mutant(
        "operations/set_exchange_rate.sql",
        "case when v_near then 'SET' else 'HELD' end",
        "'SET'",
    ),
    "a rate may be walked away in small steps": Mutant(
        "operations/set_exchange_rate.sql",
        "where c.at > v_now - interval '1 day'",
        "where c.at > v_now",
    ),
    "one person gives a rate and confirms it": Mutant(
        "operations/confirm_exchange_rates.sql",
        "when v_change.login = session_user then 'same_person'\n",
        "",
    ),
    "two sources that disagree are believed": Mutant(
        "money/known_rate.sql", "and not o.sources && w.sources", "and false"
    ),
    "a booking begins that its consent does not cover": Mutant(
        _BEGIN, "  perform engine.check_consent(p_trip);\n", ""
    ),
    "an order is sent that its consent does not cover": Mutant(
        _ORDER, "when engine.consent_problem(p_trip) is not null", "when false"
    ),
    "a limit may be raised after the consent": Mutant(
        "people/consent_problem.sql",
        "when v_consent.max_price < p_trip.max_price",
        "when false",
    ),
    "anybody may join after the consent": Mutant(
        "people/consent_problem.sql", "then 'who flies'", "then null"
    ),
    "whoever joins later completes the consent": Mutant(
        "people/complete_consent.sql", "where n.party = '{}'", "where true"
    ),
    "a text that nobody published is agreed to": Mutant(
        "people/check_consent_text.sql",
        "where c.version = p_version and c.retired_at is null",
        "where true",
    ),
    "a limit of any height is taken": Mutant(
        "trips/check_trip_request.sql",
        "    perform engine.check_price_ceiling(new);\n",
        "    null;\n",
    ),
    "a booking begins over a ceiling": Mutant(
        "money/check_ceilings.sql", "if v_problem is not null then", "if false then"
    ),
    "an order is sent over a ceiling": Mutant(
        _ORDER, ") is not null then 'a spending", ") = '' then 'a spending"
    ),
    "two orders pass a ceiling together": Mutant(
        "money/ceiling_problem.sql",
        "perform pg_advisory_xact_lock(7302029, 0);",
        "null;",
    ),
    "an order that may exist is not counted": Mutant(
        "money/spent_in_base.sql", "and c.sent_at is not null", "and false"
    ),
    "a ceiling is compared at an old rate": Mutant(
        "money/in_base_currency.sql",
        "where k.problem is null or not p_is_new",
        "where true",
    ),
    "a ceiling in pounds is one in yen": Mutant(
        "money/ceiling_problem.sql",
        "case when c.currency = v_base then c.amount else 0 end as amount",
        "c.amount",
    ),
    "a reason may say nothing": Mutant(
        "input/require_text.sql", "'', 'g')) < 3", "'', 'g')) < 0"
    ),
    "the record of settings can be rewritten": Mutant(
        "record/refuse_change.sql",
        "before update or delete or truncate on engine.search_settings_changes",
        "before truncate on engine.search_settings_changes",
    ),
    # Installations, failovers, and airlines that do not say what they do.
    "another installation's orders and payments are ours": Mutant(
        "installation/belongs_elsewhere.sql",
        "p_metadata ->> 'installation_id' <> engine.installation_id()::text",
        "false",
    ),
    "another installation's orders are judged": Mutant(
        "review/judge_orders.sql",
        "        and not engine.belongs_elsewhere(o.value -> 'metadata')\n",
        "",
    ),
    "another installation's payments are judged": Mutant(
        "review/compare_payments.sql",
        "      where not engine.belongs_elsewhere(i.value -> 'metadata')\n",
        "",
    ),
    "another installation's order is adopted": Mutant(
        _FOUND,
        "        or engine.belongs_elsewhere(v_order -> 'metadata')\n",
        "",
    ),
    "another installation's events are applied": Mutant(
        "webhooks/apply_events.sql",
        "elsif engine.belongs_elsewhere(v_event.hints) then",
        "elsif false then",
    ),
    "another installation's dispute is a case": Mutant(
        "webhooks/note_dispute.sql",
        "if engine.belongs_elsewhere(p_body) then",
        "if false then",
    ),
    "another installation's booking is cancelled here": Mutant(
        "review/note_order.sql",
        " and not engine.belongs_elsewhere(o.value -> 'metadata')\n",
        "\n",
    ),
    "a payment that may be somebody's is canceled": Mutant(
        "review/compare_payments.sql",
        " and (a.id is not null or s.is_named)\n",
        "\n",
    ),
    "a copy takes a new name in flight": Mutant(
        "installation/renew_installation.sql", "if v_live > 0 then", "if false then"
    ),
    "an order or a payment goes without our name": Mutant(
        "outward/our_mark.sql",
        "where i.made_at <= p_attempt.started_at",
        "where false",
    ),
    "a payment changes under its key": Mutant(
        "outward/our_mark.sql",
        "        where i.made_at <= p_attempt.started_at\n",
        "",
    ),
    "an authorised attempt ends with a failover": Mutant(
        _ORDER, "  if v_wait is not null then", "  if false then"
    ),
    "waiting for the lists uses up tries": Mutant(
        _LAST_LOOK, "tries = greatest(c.tries - 1, 0)", "tries = c.tries"
    ),
    "an order that a failover lost is made again": Mutant(
        _ORDER, "if p_attempt.order_hint is not null then", "if false then"
    ),
    "a young order of a lost history is passed over": Mutant(
        "review/judge_orders.sql",
        "when u.is_unsent then a.order_hint",
        "when false then a.order_hint",
    ),
    "a lost history's attempts go on at once": Mutant(
        "protocol/claim_calls.sql",
        "v_is_confirmed or c.operation not in (",
        "true or c.operation not in (",
    ),
    "what was used up before a restore ends an attempt": Mutant(
        "protocol/recover_calls.sql",
        "(v_is_confirmed or c.state = 'SENT' or not o.awaits_history)",
        "true",
    ),
    "a key that grew old ends a restored attempt": Mutant(
        "protocol/recover_calls.sql",
        "(v_is_confirmed or not o.awaits_history)",
        "true",
    ),
    "an answer of a lost history counts": Mutant(
        "installation/history_is_confirmed.sql", "c.epoch + c_epochs", "c.epoch"
    ),
    "a lost history's numbers come again": Mutant(
        "installation/history_is_confirmed.sql",
        "nextval(s.name) + c_many",
        "nextval(s.name)",
    ),
    "a list that was asked for early confirms a history": Mutant(
        "review/finish_scan.sql", "        and s.read_at >= v_settles_at\n", ""
    ),
    "the list of orders confirms a history": Mutant(
        "review/finish_scan.sql", "  if p_scan = 'payments'\n", "  if true\n"
    ),
    "an early list moves the mark": Mutant(
        "review/finish_scan.sql", "> 0 or v_read_at < v_settles_at then", "> 0 then"
    ),
    "what is young in a lost history is not judged": Mutant(
        "review/compare_orders.sql",
        "else 'infinity'",
        "else p_now - interval '5 minutes'",
    ),
    "a young payment of a lost history is not judged": Mutant(
        "review/compare_payments.sql",
        "        or not v_is_confirmed\n        -- An",
        "        -- An",
    ),
    "an order of a lost history is not taken over": Mutant(
        "review/adopt_found.sql",
        "    continue when not found or not v_found.has_order;\n",
        "    continue;\n",
    ),
    "an order without its money is collected for": Mutant(
        "review/adopt_found.sql",
        "case when v_is_unpaid then 'FREEZE'",
        "case when false then 'FREEZE'",
    ),
    "money that was taken proves no order": Mutant(
        "review/adopt_found.sql",
        "a.order_hint is not null or coalesce(s.was_taken, false) as has_order",
        "a.order_hint is not null as has_order",
    ),
    "a lost attempt's hold is released at once": Mutant(
        "review/compare_payments.sql",
        "            else 'LOST'\n",
        "            else 'CANCEL'\n",
    ),
    "a trip with a lost attempt is booked": Mutant(
        "saga/has_live_attempt.sql", ", 'LOST_ATTEMPT'", ""
    ),
    "a trip with a lost attempt is ordered": Mutant(
        _ORDER, "        and c.kind = 'LOST_ATTEMPT'\n", "        and false\n"
    ),
    "a held trip is forgotten by the lists": Mutant(
        "review/note_lost.sql", "'LOST_ATTEMPT', p_attempt_id", "'POISON', p_attempt_id"
    ),
    "two orders of one trip are nobody's": Mutant(
        "review/find_doubles.sql",
        "    if jsonb_array_length(v_trip.found) > 1 then\n",
        "    if false then\n",
    ),
    "the margin is shorter than an order takes": Mutant(
        "operations/set_money_settings.sql",
        "select max(o.lease) from engine.operations as o where o.marks_sent",
        "select interval '0'",
    ),
    "bookings ahead are not read": Mutant(
        "protocol/recover.sql", "  perform engine.read_bookings(v_now);\n", ""
    ),
    "bookings ahead are read all at once": Mutant(
        "review/read_bookings.sql", "limit greatest(v_room, 0)", "limit 100000"
    ),
    "bookings made together are read together": Mutant(
        "review/read_bookings.sql", "(0.8 + 0.2 * random())", "1"
    ),
    "a booking is read after its last departure": Mutant(
        "review/booking_read_interval.sql",
        "when p_ahead is not null\n    then",
        "when true then",
    ),
    "a scan passes over what an airline cancelled": Mutant(
        "review/compare_orders.sql",
        "o.value ->> 'cancelled_at' is not null",
        "false",
    ),
    "a locked trip holds up every reading": Mutant(
        "review/read_bookings.sql",
        "for no key update of t skip locked",
        "for no key update of t",
    ),
    "a greedy traveller takes the whole tick": Mutant(
        "search/choose_searches.sql",
        "      ) > s.searches as beyond\n",
        "      ) > 1000000 as beyond\n",
    ),
    "a greedy traveller leads what it does not make": Mutant(
        "search/choose_searches.sql",
        "          order by d.watched, d.beyond, d.priority desc, d.trip_request_id\n",
        "          order by d.watched, d.priority desc, d.trip_request_id\n",
    ),
    "a locked trip leads an identical search": Mutant(
        "monitor/run_monitor.sql",
        "      v_without := v_without || v_absent;\n",
        "      exit when v_refused is null;\n",
    ),
    "bookings may be begun and undone for ever": Mutant(
        "saga/check_failures.sql", "  if found then\n", "  if false then\n"
    ),
    "a full queue of notifications is notified": Mutant(
        "calls/ring.sql",
        "  if pg_notification_queue_usage() < 0.5 then\n",
        "  if true then\n",
    ),
    "the final check counts with a birth date that is no day": Mutant(
        "people/person_key.sql",
        "when isfinite(p_born_on) then",
        "when true then",
    ),
    "a day counts as less than nothing": Mutant(
        "trips/check_wishes.sql",
        "extract(epoch from p_trip.max_duration) between 1800 and 72 * 3600",
        "true",
    ),
    "open trips are counted without the traveller's lock": Mutant(
        "trips/require_room.sql",
        "  perform engine.hold_traveller(p_user_id);\n",
        "",
    ),
    "a trip takes any number of passengers": Mutant(
        "trips/check_trip_passenger.sql",
        "    if v_people >= 9 then\n",
        "    if v_people >= 9000 then\n",
    ),
    "a traveller asks for searches without a pause": Mutant(
        "search/duffel_search.sql",
        "  if v_again_at > v_now then\n",
        "  if false then\n",
    ),
    "a search that is under way is made twice": Mutant(
        "search/start_searches.sql",
        "          and (c.state = 'CLAIMED' or c.state = 'READY' and",
        "          and false and (c.state = 'CLAIMED' or c.state = 'READY' and",
    ),
    "a plan begins with the day of the session": Mutant(
        "search/plan_searches.sql",
        "(p_now at time zone z.zone)::date",
        "p_now::date",
    ),
    "a trip expires with the day of UTC": Mutant(
        "monitor/run_monitor.sql",
        "        and engine.is_over(o.origins, o.departure_to, p_now)\n",
        "",
    ),
    "a caller may lock a table": Mutant(
        "access/trip_passengers.sql",
        "grant select on public.trip_passengers",
        "grant select, delete on public.trip_passengers",
    ),
    "offers are ranked before the trip's status is asked": Mutant(
        "saga/auto_book_production.sql",
        "  perform engine.require_bookable(v_trip);\n",
        "",
    ),
    # Nobody holds up anybody.
    "reports wait for whoever holds a trip": Mutant(
        "locks/take_trip.sql", "for no key update skip locked;", "for no key update;"
    ),
    "a report that waited in vain spoils its batch": Mutant(
        "protocol/finish_calls.sql",
        "elsif sqlstate in ('SK308', '55P03', '40P01', '40001') then",
        "elsif sqlstate = '22000' then",
    ),
    "every held row is waited for as long as the first": Mutant(
        "locks/wait_less.sql", "* 500, 1", "* 1000, 1"
    ),
    "a scan waits for ever for whoever holds a trip": Mutant(
        "review/hold_listed_trip.sql",
        "if p_now < p_read_at + interval '20 seconds' then",
        "if true then",
    ),
    "what a scan passed over is not looked at again": Mutant(
        "review/finish_scan.sql",
        "  if p_passed_over > 0 or v_read_at",
        "  if v_read_at",
    ),
    # The doors: what comes in, and what is written down.
    "anybody may call an entry point": Mutant(
        _INTAKE,
        "elif rule.needs_token and not self._is_authorized(scope, rule):",
        "elif None:",
    ),
    "a long body is begun though its length was said": Mutant(
        _INTAKE, "_exceeds(length, rule.most_bytes):", "_exceeds(length, 10**12):"
    ),
    "a body is as long as its sender likes": Mutant(
        _INTAKE, "if len(body) > rule.most_bytes:", "if len(body) > 10**12:"
    ),
    "a body takes as long as its sender likes": Mutant(
        _INTAKE, "asyncio.timeout(rule.seconds)", "asyncio.timeout(3600)"
    ),
    "slow senders keep their places": Mutant(
        "../sidecar/waiting_room.py", "            longest.give_way()\n", ""
    ),
    "a connection may say nothing for ever": Mutant(
        "../sidecar/serving.py", "call_later(_HEAD_SECONDS,", "call_later(3600,"
    ),
    "a tick waits for another one's lock": Mutant(
        "../sidecar/web.py", '"auto_book_monitor", patient=False', '"auto_book_monitor"'
    ),
    "a credential is written by its name": Mutant(
        "../sidecar/redaction.py",
        "and _is_plain(value):\n        return HIDDEN\n",
        "and _is_plain(value):\n        return value\n",
    ),
    "persons are in the server's log": Mutant(
        "bootstrap.sql",
        "        (array['authenticator'], 'log_min_messages', 'log'),\n",
        "",
    ),
    "a key is made of something missing": Mutant(
        "migrations/0006_bookings.sql",
        "\n    and value\n    !~",
        "\n    and 'key'\n    !~",
    ),
    "nothing that is returned is a refund": Mutant(
        "saga/cancel_booked_trip.sql",
        " or p_attempt.refund_amount = 0 then",
        " then",
    ),
    "amounts lose their last digits": Mutant(
        "money/format_money.sql",
        "greatest(v_digits, scale(trim_scale(p_amount)))",
        "scale(trim_scale(p_amount))",
    ),
    # No session writes what another cannot read.
    "a login has the database's formats": Mutant(
        "bootstrap.sql",
        "(v_workers || v_people || v_callers, 'DateStyle', 'ISO, MDY'),",
        "(v_people, 'DateStyle', 'ISO, MDY'),",
    ),
    "a server compiles where a trip is stated": Mutant(
        "trips/check_trip_request.sql", "  set jit = off\n", ""
    ),
    "a server compiles what a search found": Mutant(
        "bootstrap.sql",
        "        (v_workers || v_people || v_callers, 'jit', 'off'),\n",
        "",
    ),
    "what is set for a role in one database stays": Mutant(
        "bootstrap.sql",
        "'alter role %I in database %I reset %I',",
        "'comment on role %1$I is null',",
    ),
    "a listener that is deaf is believed": Mutant(
        "../sidecar/listening.py", "        return False\n", "        pass\n"
    ),
    "an event's time is written without its zone": Mutant(
        "../sidecar/events.py",
        "return aware.astimezone(UTC).isoformat()",
        "return aware.astimezone(UTC).replace(tzinfo=None).isoformat()",
    ),
    "a sweep that a former sidecar has cut counts as read": Mutant(
        "outward/events_code.sql",
        "if p_report.body @? '$.events[*] ? (!exists(@.event_id))' then",
        "if p_report.body @? '$.events[*] ? (!exists(@))' then",
    ),
    # Wherever it is deployed, and whoever serves it afterwards.
    "a deploy begins whatever it found": Mutant(
        _LOOK, "if self.facts is None or self.stops:\n", "if self.facts is None:\n"
    ),
    "a deploy begins at a server that takes no writes": Mutant(
        _LOOK, 'target_session_attrs="read-write"', 'target_session_attrs="any"'
    ),
    "pg_net stays everybody's": Mutant(
        "bootstrap.sql",
        "    execute format('revoke all on all routines in schema net from %s cascade'"
        ", v_role);\n",
        "",
    ),
    "pg_cron's jobs stay with a server that is gone": Mutant(
        "monitor/heartbeat.sql", "perform engine.follow_cron_node();\n", "null;\n"
    ),
    # What looks on is seen by those who may, costs little, and does not lie.
    "spans are written though nobody takes them": Mutant(
        "record/trace_ratio.sql",
        "where s.exporter_seen_at > p_now - interval '2 minutes'",
        "where true",
    ),
    "spans that nobody takes fill the disk": Mutant(
        "monitor/purge_spans.sql",
        "\n      or d.id <= (select max(n.id) from engine.spans as n) - v_most",
        "",
    ),
    "one who exports waits for the other": Mutant(
        "operations/take_spans.sql",
        "    limit least(p_limit, 5000)\n    for update skip locked",
        "    limit least(p_limit, 5000)\n    for update",
    ),
    "what a clock ahead of ours said is recent": Mutant(
        "record/is_recent.sql",
        "p_at between p_now - p_limit and p_now + p_limit",
        "p_at >= p_now - p_limit",
    ),
    "a flag's answer in doubt lets booking on": Mutant(
        "flags/gate_problem.sql",
        "(p_answer -> 'doubt' = 'null') is not true",
        "false",
    ),
    "a big segment that was not read lets booking on": Mutant(
        "flags/gate_problem.sql",
        "(p_answer -> 'detail' ? 'bigSegmentsStatus') is not false",
        "false",
    ),
    "a label may have any value": Mutant(
        "counters/failure_reason.sql", "    'other'\n", "    p_error_code\n"
    ),
    "nobody says that all sidecars are silent": Mutant(
        "operations/watch_alerts.sql",
        "having count(*) filter (where engine.is_beating(w.seen_at, v_now)) = 0",
        "having false",
    ),
    "a frozen sidecar is shown as alive": Mutant(
        "operations/pipeline_status.sql",
        "'is_alive', engine.is_beating(w.seen_at, v_now)",
        "'is_alive', true",
    ),
    "whoever scrapes may ask for everything": Mutant(
        "../sidecar/web.py",
        '"/rpc/": Rule(\n            WaitingRoom(16), most',
        '"/rpc/": Rule(\n            WaitingRoom(16), token=metrics_token, most',
    ),
    "a message that was not taken is forgotten": Mutant(
        "../sidecar/alert_relay.py",
        "                self._pauses[channel.name] = min(pause * 2, _LONGEST_PAUSE)\n",
        "                self._pauses[channel.name] = min(pause * 2, _LONGEST_PAUSE)\n"
        "                texts.clear()\n",
    ),
    "the relay beats though nobody is told": Mutant(
        "../sidecar/alert_relay.py",
        "if all(told) and now >= self._next_beat:",
        "if now >= self._next_beat:",
    ),
    "a database that is away is no alert": Mutant(
        "../sidecar/alert_relay.py",
        "and away >= _AWAY_SECONDS",
        "and away < 0",
    ),
    "the texts of exceptions are exported": Mutant(
        "../sidecar/exporting.py",
        "self._inner.send([_wordless(span) for span in spans])",
        "self._inner.send(spans)",
    ),
    "a stranger chooses what is traced": Mutant(
        "../sidecar/exporting.py",
        "            sampler=ParentBased(root=ALWAYS_OFF),\n",
        "",
    ),
    "a door without a token is traced": Mutant(
        "../sidecar/exporting.py", 'excluded_urls="^(?!.*/rpc/)",', 'excluded_urls="",'
    ),
    "what was not exported is gone": Mutant(
        "../sidecar/exporting.py",
        "if problem is None or self._carried.is_refused:",
        "if True:",
    ),
    "a thread's trace stays with it": Mutant(
        "../sidecar/tracing.py", "        _traceparent.reset(token)\n", "        pass\n"
    ),
    "a full disk is no reason to send work elsewhere": Mutant(
        "../sidecar/health.py",
        '(error.sqlstate or "").startswith("53")',
        "False",
    ),
    # Messages.
    "messages about one trip overtake each other": Mutant(
        "protocol/claim_deliveries.sql",
        "            and f.id < d.id\n",
        "            and false\n",
    ),
    "quiet hours are nobody's": Mutant(
        "messages/deliver_at.sql",
        "if p_is_urgent or v_is_quiet is not true then",
        "if true then",
    ),
    "what is urgent waits for what is quiet": Mutant(
        "messages/notify_traveller.sql",
        "  if v_kind.is_urgent and p_trip_id is not null then\n",
        "  if false then\n",
    ),
    "an endpoint that was stopped is told": Mutant(
        "messages/notify_traveller.sql", "e.stopped_because is null and ", ""
    ),
    "a kind that was muted is sent": Mutant(
        "messages/notify_traveller.sql",
        "    and not (v_kind.is_optional"
        " and p_kind = any (coalesce(v_preferences.muted, '{}')))\n",
        "",
    ),
    "a letter that was refused counts as delivered": Mutant(
        "messages/settle_delivery.sql",
        "case p_verdict when 'OK' then 'DELIVERED' else 'FAILED' end",
        "'DELIVERED'",
    ),
    "an application that wants no more is asked again": Mutant(
        "messages/settle_delivery.sql", "and p_report.http_status = 410", "and false"
    ),
    "the secret before is not signed with": Mutant(
        "../sidecar/app_webhooks.py", 'if request["former_secret"]:', "if False:"
    ),
    "nobody is told of a booking": Mutant(
        "messages/tell_booking.sql",
        "  perform engine.notify_traveller(",
        "  return null;\n  perform engine.notify_traveller(",
    ),
}
