-- A traveller asks to book now, from the offers that are stored. This is as safe as a
-- booking by the monitor: begin_attempt checks everything again. Cheap checks come
-- before the offers are ranked, because ranking takes longer the more offers there are,
-- and a request that cannot succeed must not keep the server busy.
create or replace function engine.auto_book_production(p_trip_id uuid)
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
comment on function engine.auto_book_production(uuid) is
  'Begins the booking of a trip''s best offer; see public.auto_book_production.';
grant execute on function engine.auto_book_production(uuid)
  to authenticated, service_role, skylatch_sidecar;

create or replace function public.auto_book_production(p_trip_id uuid) returns uuid
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.auto_book_production(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.auto_book_production(uuid) is
  'Books a trip''s best offer now; returns the attempt to follow in booking_attempts.';
grant execute on function public.auto_book_production(uuid)
  to authenticated, service_role, skylatch_sidecar;
