-- One call, one transaction: the trip and everybody on it, or nothing. Row level
-- security and the triggers do the checking, so a plain insert is held to the same.
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
  p_user_id uuid default auth.uid()
) returns uuid
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip_id uuid := gen_random_uuid();
begin
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
    payment_method_id, auto_book_enabled, consent_text_version
  )
  values (
    p_user_id, v_trip_id, p_origins, p_destinations, p_departure_from,
    coalesce(p_departure_to, p_departure_from), p_return_from,
    coalesce(p_return_to, p_return_from), p_nights_min, p_nights_max, p_cabin_class,
    p_max_price, p_currency, p_max_connections, p_max_duration, p_carry_on_bags,
    p_checked_bags, p_preferred_airlines, p_payment_method_id, p_auto_book_enabled,
    p_consent_text_version
  );
  insert into public.trip_passengers (user_id, trip_request_id, traveler_profile_id)
  select p_user_id, v_trip_id, p.id
  from unnest(p_passengers) as p (id);
  perform engine.check_trip_party(p_user_id, v_trip_id);
  return v_trip_id;
end;
$$;
comment on function public.create_trip_request(
  text[], text[], date, numeric, text, uuid[], date, date, date, integer, integer, text,
  integer, interval, integer, integer, text[], uuid, boolean, text, uuid
) is
  'States a trip and the most to pay for it; returns its id, or one clear error.';
grant execute on function public.create_trip_request(
  text[], text[], date, numeric, text, uuid[], date, date, date, integer, integer, text,
  integer, interval, integer, integer, text[], uuid, boolean, text, uuid
) to authenticated, service_role;
