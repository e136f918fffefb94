-- A trip that was stated, changed or resumed a moment ago is searched now instead of at
-- the next tick: its nearest searches, six at the most, which is most people's whole
-- plan. The searches never exceed what the traveller's hourly allowance has left
-- (search_credit.sql). None is made while as many searches wait as the account allows
-- in a minute: then the tick divides the budget, so that a traveller who changes a trip
-- again and again takes nothing from others. The reason for the trip's status says what
-- was decided.
-- Lock order: trip_requests, then the traveller's row. The caller may hold the trips,
-- and has made their plans anew (plan_trips.sql).
create or replace function engine.search_at_once(p_trips uuid[], p_now timestamptz)
  returns void
  language plpgsql volatile
as $$
declare
  c_most constant integer := 6;
  v_trip public.trip_requests;
  v_settings engine.search_settings;
  v_per_hour integer := (select l.searches_per_hour from engine.traveller_limits as l);
  v_room integer;
  v_searches integer;
  v_all integer := 0;
  v_problem text;
  v_reason text;
begin
  select s.* into v_settings from engine.search_settings as s;
  for v_trip in
    select t.* from public.trip_requests as t
    where t.id = any (p_trips) and t.auto_book_status = 'PENDING'
    order by t.id
    for no key update
  loop
    v_searches := 0;
    if not v_trip.auto_book_enabled and v_trip.booking_mode <> 'WATCH' then
      v_reason := 'This trip does not book by itself: it is searched when you ask.';
    elsif engine.flag_problem(v_trip.user_id, p_now) is not null then
      v_reason := engine.paused_reason();
    else
      v_room := 0;
      if v_settings.search_at_once then
        v_room := least(
          c_most,
          floor(
            engine.search_credit(
              engine.hold_traveller(v_trip.user_id), v_per_hour, p_now
            )
          ),
          v_settings.searches_per_minute - (
            select count(*)
            from engine.provider_calls as c
            where c.state = 'READY'
              and c.booking_attempt_id is null
              and c.delivery_id is null
          )
        );
      end if;
      if v_room > 0 then
        v_searches := engine.start_searches(array[v_trip.id], p_now, v_room);
        perform engine.take_search_credit(v_trip.user_id, v_searches, p_now);
        v_all := v_all + v_searches;
      end if;
      v_problem := case
        when v_trip.booking_mode <> 'WATCH' then engine.consent_problem(v_trip)
      end;
      v_reason := case
        when v_searches > 0 or exists (
          select from engine.provider_calls as c
          where c.user_id = v_trip.user_id
            and c.trip_request_id = v_trip.id
            and c.booking_attempt_id is null
            and c.state in ('READY', 'CLAIMED')
        ) then 'A search is on its way.'
        else 'The trip is searched within ten minutes.'
      end || coalesce(
        ' What fits is booked once you agree to ' || v_problem || ' (consent_to_trip).',
        ''
      );
    end if;
    update public.trip_requests as t
    set status_reason = v_reason
    where t.user_id = v_trip.user_id and t.id = v_trip.id;
  end loop;
  if v_all > 0 then
    perform engine.wake_sidecar();
  end if;
  perform engine.record_flag_usage();
end;
$$;
comment on function engine.search_at_once(uuid[], timestamptz) is
  'Searches trips that were stated or changed now, as far as budget and allowance go, '
  'and writes on each trip what it waits for.';
