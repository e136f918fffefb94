-- Checks every promise of the engine: one file for each promise, in sql/invariants. No
-- rows: all is well. The promises about attempts are checked on what changed since
-- `p_since`, by default on everything. The promises about what is live, waiting or
-- granted now are checked in full every time. In each row, `since` says how far back a
-- check must go to find the row again; null: every check finds it.
--
-- What unique indexes, foreign keys and checks guarantee is checked too, because an
-- index may be broken or gone. Each file says what our rows cannot tell about its
-- promise. Two things are out of reach of every check: leases that ended, because they
-- are not kept, and that Redis decides nothing, which tests show by taking Redis away.
--
-- PL/pgSQL, because the plan must know the value of `p_since`: the plan of an SQL
-- function reads every attempt to find the three that changed.
create or replace function engine.check_invariants(
  p_since timestamptz default '-infinity'
) returns table (invariant text, subject text, detail text, since timestamptz)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
  -- The details are kept and read later, so their form must not depend on the caller.
  set datestyle = 'ISO, MDY'
  set timezone = 'UTC'
as $$
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
  select 'a call says where it is', f.*
  from engine.a_call_says_where_it_is(p_since) as f;
  return query
  select 'an attempt says how it ended', f.*
  from engine.an_attempt_says_how_it_ended(p_since) as f;
  return query
  select 'never above the limit', f.*
  from engine.never_above_the_limit(p_since) as f;
  return query
  select 'no limit of a traveller is exceeded', f.*
  from engine.no_limit_of_a_traveller_is_exceeded(p_since, v_now) as f;
  return query
  select 'what was spent is added up', f.*
  from engine.what_was_spent_is_added_up(p_since) as f;
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
  select 'nothing is booked that had to be asked for', f.*
  from engine.nothing_is_booked_that_had_to_be_asked_for(p_since) as f;
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
  return query
  select 'what is booked is told', f.*
  from engine.what_is_booked_is_told(p_since) as f;
end;
$$;
comment on function engine.check_invariants(timestamptz) is
  'Returns a row for each broken promise, of what changed since the given time or of '
  'everything.';
grant execute on function engine.check_invariants(timestamptz) to skylatch_operator;
