-- A traveller asks to search now, whatever the schedule says. The trip need not book by
-- itself: then the offers are stored and ranked for the traveller to see. All
-- travellers share what the provider's account allows. So a trip may be asked for again
-- only after a pause, and a traveller may ask for so many searches an hour; an
-- application that acts for a traveller is held to the same limits. The engine's own
-- searches, as after a failed booking, are not counted against them.
-- Lock order: trip_requests, then the traveller's row.
create or replace function engine.duffel_search(p_trip_id uuid)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
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
      hint = engine.status_hint(v_trip.auto_book_status, false);
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
  perform engine.plan_trips(array[p_trip_id], v_now);
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
comment on function engine.duffel_search(uuid) is
  'Enqueues a round of searches for one trip; see public.duffel_search.';
grant execute on function engine.duffel_search(uuid)
  to authenticated, service_role, skylatch_sidecar;

create or replace function public.duffel_search(p_trip_id uuid) returns integer
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.duffel_search(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.duffel_search(uuid) is
  'Searches a trip now; returns the number of searches that were enqueued.';
grant execute on function public.duffel_search(uuid)
  to authenticated, service_role, skylatch_sidecar;
