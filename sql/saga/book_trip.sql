-- Book now from the offers at hand. As safe as through the monitor: the same intent,
-- which asks everything again. What is cheap to see is asked before the offers are
-- ranked, which takes as long as there are offers: asking for what cannot be must not
-- keep the server busy.
create or replace function engine.book_trip(p_trip_id uuid)
  returns uuid
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
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
comment on function engine.book_trip(uuid) is
  'Begins booking a trip''s best offer; see auto_book_production.';
grant execute on function engine.book_trip(uuid)
  to authenticated, service_role, skylatch_sidecar;
