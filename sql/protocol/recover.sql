-- Does what must go on whatever else is switched off: ended leases are settled and
-- events are applied even under the kill switch. Definer: pg_cron's role has no rights
-- on tables.
create or replace function engine.recover() returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_recovered integer;
begin
  perform engine.start_scans(v_now);
  -- Trips before offers: the order in which everybody locks them.
  v_recovered := engine.recover_calls(session_user, v_now);
  perform engine.apply_events(1000, v_now);
  perform engine.close_proposals(v_now);
  perform engine.sum_flag_usage();
  perform engine.sum_counters();
  perform engine.sum_spending();
  perform engine.sweep_events(v_now);
  -- Late, because it locks trips, though only those that are free.
  perform engine.read_bookings(v_now);
  perform engine.tell_due(v_now);
  -- Last, because it may lock a part of the offers.
  perform engine.add_offer_days(v_now);
  perform engine.beat_job('recover', true);
  return v_recovered;
end;
$$;
comment on function engine.recover() is
  'Runs every minute: settles calls whose worker went away, applies events, closes '
  'proposals that nobody answered, asks for events that never arrived and for bookings '
  'with a flight ahead, and makes room for the offers of the next days.';
grant execute on function engine.recover() to skylatch_cron;
