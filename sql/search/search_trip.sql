-- Search now, whatever the schedule says. Also for a trip that does not book by itself:
-- the offers are stored and ranked for the traveller to see.
create or replace function engine.search_trip(p_trip_id uuid)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
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
  v_searches := engine.start_searches(array[p_trip_id], v_now);
  perform engine.record_flag_usage();
  perform engine.wake_sidecar();
  return v_searches;
end;
$$;
comment on function engine.search_trip(uuid) is
  'Enqueues a round of searches for one trip; see duffel_search.';
grant execute on function engine.search_trip(uuid)
  to authenticated, service_role, skylatch_sidecar;
