-- One call, one transaction: the trip and everybody on it, or nothing. Row level
-- security and the triggers do the checking, so a plain insert is held to the same.
-- What a traveller may wish for is what access/trip_requests.sql lets them write: the
-- arguments, the trigger on the table and this insert follow that list, and a test
-- holds them to it (tests/sql/test_wishes.py).
-- The function of version 0.1 knew fewer wishes; two functions of one name would be
-- ambiguous.
drop function if exists public.create_trip_request(
  text[], text[], date, numeric, text, uuid[], date, date, date, integer, integer,
  text, integer, interval, integer, integer, text[], uuid, boolean, text, text[],
  text[], text[], interval, interval, time, time, time, time, time, time, time,
  time, boolean, boolean, boolean, boolean, numeric, boolean, numeric, numeric,
  numeric, numeric, date, integer, uuid
);
create or replace function public.create_trip_request(
  p_origins text[],
  p_destinations text[],
  p_departure_from date,
  p_max_price numeric,
  p_currency text,
  p_passengers uuid[],
  p_departure_to date default null,
  p_return_from date default null,
  p_return_to date default null,
  p_nights_min integer default null,
  p_nights_max integer default null,
  p_cabin_class text default 'economy',
  p_max_connections integer default 1,
  p_max_duration interval default '24 hours',
  p_carry_on_bags integer default 0,
  p_checked_bags integer default 0,
  p_preferred_airlines text[] default '{}',
  p_payment_method_id uuid default null,
  p_auto_book_enabled boolean default false,
  p_consent_text_version text default null,
  p_airlines_only text[] default '{}',
  p_airlines_never text[] default '{}',
  p_alliances text[] default '{}',
  p_layover_min interval default null,
  p_layover_max interval default null,
  p_depart_after time default null,
  p_depart_before time default null,
  p_arrive_after time default null,
  p_arrive_before time default null,
  p_return_depart_after time default null,
  p_return_depart_before time default null,
  p_return_arrive_after time default null,
  p_return_arrive_before time default null,
  p_no_red_eye boolean default false,
  p_no_airport_change boolean default false,
  p_refundable boolean default false,
  p_changeable boolean default false,
  p_max_emissions_kg numeric default null,
  p_accept_unknown boolean default false,
  p_price_weight numeric default 0.60,
  p_duration_weight numeric default 0.25,
  p_connections_weight numeric default 0.15,
  p_airline_weight numeric default 0.10,
  p_decide_by date default null,
  p_max_searches integer default 1500,
  p_booking_mode text default 'AUTOMATIC',
  p_veto_minutes integer default 30,
  p_user_id uuid default auth.uid()
) returns uuid
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip_id uuid := gen_random_uuid();
begin
  -- The number of passengers is checked before anything looks at who they are.
  if cardinality(p_passengers) > 9 then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object(
        'field', 'passengers', 'people', cardinality(p_passengers)
      ),
      column = 'passengers',
      hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
  end if;
  if cardinality(p_passengers) > (
    select count(distinct p.id) from unnest(p_passengers) as p (id)
  ) then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object('field', 'passengers', 'value', p_passengers),
      column = 'passengers',
      hint = 'Name every passenger once.';
  end if;
  insert into public.trip_requests (
    user_id, id, origins, destinations, departure_from, departure_to, return_from,
    return_to, nights_min, nights_max, cabin_class, max_price, currency,
    max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines,
    payment_method_id, auto_book_enabled, consent_text_version,
    airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after,
    depart_before, arrive_after, arrive_before, return_depart_after,
    return_depart_before, return_arrive_after, return_arrive_before, no_red_eye,
    no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown,
    price_weight, duration_weight, connections_weight, airline_weight, decide_by,
    max_searches, booking_mode, veto_minutes
  )
  values (
    p_user_id, v_trip_id, p_origins, p_destinations, p_departure_from,
    coalesce(p_departure_to, p_departure_from), p_return_from,
    coalesce(p_return_to, p_return_from), p_nights_min, p_nights_max, p_cabin_class,
    p_max_price, p_currency, p_max_connections, p_max_duration, p_carry_on_bags,
    p_checked_bags, p_preferred_airlines, p_payment_method_id, p_auto_book_enabled,
    p_consent_text_version,
    p_airlines_only, p_airlines_never, p_alliances, p_layover_min, p_layover_max,
    p_depart_after, p_depart_before, p_arrive_after, p_arrive_before,
    p_return_depart_after, p_return_depart_before, p_return_arrive_after,
    p_return_arrive_before, p_no_red_eye, p_no_airport_change, p_refundable,
    p_changeable, p_max_emissions_kg, p_accept_unknown, p_price_weight,
    p_duration_weight, p_connections_weight, p_airline_weight, p_decide_by,
    p_max_searches, p_booking_mode, p_veto_minutes
  );
  insert into public.trip_passengers (user_id, trip_request_id, traveler_profile_id)
  select p_user_id, v_trip_id, p.id
  from unnest(p_passengers) as p (id);
  perform engine.check_trip_party(p_user_id, v_trip_id);
  return v_trip_id;
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.create_trip_request is
  'States a trip and the most to pay for it; returns its id, or one clear error.';
grant execute on function public.create_trip_request to authenticated, service_role;
