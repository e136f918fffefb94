-- Every way to state a trip (the function, a plain insert, an update) meets the same
-- checks, so that bad input gets one clear error and nothing is stored. Sizes come
-- first, because everything after them may read every element of every column. Definer:
-- travellers do not read the reference tables.
create or replace function engine.check_trip_request() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  -- To compile the plan of searches takes a second, to run it milliseconds.
  set jit = off
as $$
declare
  v_field text;
  v_codes text[];
  v_unknown text;
  v_today date;
  v_digits smallint;
  v_searches integer;
begin
  perform engine.require_sizes('trip_requests', to_jsonb(new));
  if tg_op = 'UPDATE' then
    if old.auto_book_status in ('BOOKED', 'CANCELLED') then
      raise exception using
        errcode = 'SK103',
        message = 'the trip can no longer be changed',
        detail = jsonb_build_object('trip', old.id, 'status', old.auto_book_status),
        hint = engine.status_hint(old.auto_book_status, false);
    end if;
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    if new.auto_book_status = 'PENDING' then
      new.next_search_at := clock_timestamp();
    end if;
  end if;

  if new.user_id is null then
    raise exception using
      errcode = 'SK011',
      message = 'the trip has no owner',
      column = 'user_id',
      hint = 'Sign in, or pass p_user_id as service_role.';
  end if;

  if not engine.may_act_for(new.user_id) then
    return new;  -- row level security refuses it, and nothing is told
  end if;
  if tg_op = 'INSERT' then
    perform engine.require_user(new.user_id);
  end if;

  foreach v_field in array array['origins', 'destinations'] loop
    v_codes := case v_field when 'origins' then new.origins else new.destinations end;
    select c.code into v_unknown
    from unnest(v_codes) as c (code)
    where not exists (select from engine.airports as a where a.iata = c.code)
      and not exists (select from engine.metropolitan_areas as m where m.iata = c.code)
    limit 1;
    if found or coalesce(cardinality(v_codes), 0) = 0 then
      raise exception using
        errcode = 'SK001',
        message = 'unknown airport or city',
        detail = jsonb_build_object('field', v_field, 'value', v_unknown),
        column = v_field,
        hint = 'Use three-letter IATA codes in capitals, such as ATL or LON.';
    end if;
  end loop;

  -- Today as the earliest of the origins sees it.
  select min((clock_timestamp() at time zone engine.place_zone(o.code))::date)
  into v_today
  from unnest(new.origins) as o (code);
  if new.departure_from < v_today
    and (
      tg_op = 'INSERT'
      or (new.departure_from, new.departure_to)
      is distinct from (old.departure_from, old.departure_to)
    )
  then
    raise exception using
      errcode = 'SK002',
      message = 'the departure date is in the past',
      detail = jsonb_build_object(
        'field', 'departure_from', 'value', new.departure_from, 'today', v_today
      ),
      column = 'departure_from',
      hint = 'Choose a departure date from today on.';
  end if;
  -- Of the two dates that contradict each other, the one that was changed is named: the
  -- later one, unless a change left that one as it was. Of a new trip nothing is old.
  select case when o.is_kept then o.earlier else o.later end into v_field
  from (
    values
    (
      1, 'departure_from', 'departure_to', new.departure_from > new.departure_to,
      new.departure_to = old.departure_to
    ),
    (
      2, 'departure_from', 'return_from', new.departure_from > new.return_from,
      new.return_from = old.return_from
    ),
    (
      3, 'return_from', 'return_to', new.return_from > new.return_to,
      new.return_to = old.return_to
    ),
    (
      4, 'departure_from', 'return_to', new.departure_from > new.return_to,
      new.return_to = old.return_to
    )
  ) as o (place, earlier, later, is_wrong, is_kept)
  where o.is_wrong
  order by o.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK003',
      message = 'the dates are in the wrong order',
      detail = jsonb_build_object(
        'field', v_field,
        'departure_from', new.departure_from, 'departure_to', new.departure_to,
        'return_from', new.return_from, 'return_to', new.return_to
      ),
      column = v_field,
      hint = 'Departure comes before return, and each window starts before it ends.';
  end if;

  select c.minor_digits into v_digits
  from engine.currencies as c where c.code = new.currency;
  if not found then
    raise exception using
      errcode = 'SK005',
      message = 'unknown currency',
      detail = jsonb_build_object('field', 'currency', 'value', new.currency),
      column = 'currency',
      hint = 'Use a three-letter ISO 4217 code in capitals, such as USD or EUR.';
  end if;
  if new.max_price is null
    or new.max_price <= 0
    or new.max_price >= 1000000000000
    or new.max_price = 'NaN'
    or scale(trim_scale(new.max_price)) > v_digits
    or scale(new.max_price) > 3  -- zeros too: the table's own limit
  then
    raise exception using
      errcode = 'SK004',
      message = 'the highest price is not an amount that can be paid',
      detail = jsonb_build_object('field', 'max_price', 'value', new.max_price::text),
      column = 'max_price',
      hint = format(
        'Give a positive amount with at most %s decimals in %s.', v_digits, new.currency
      );
  end if;

  -- A ceiling that was lowered meanwhile does not forbid other changes.
  if tg_op = 'INSERT'
    or (new.max_price, new.currency, new.auto_book_enabled)
    is distinct from (old.max_price, old.currency, old.auto_book_enabled)
  then
    perform engine.check_price_ceiling(new);
  end if;

  -- A day to decide by that has passed meanwhile does not forbid other changes.
  perform engine.check_wishes(
    new,
    case
      when tg_op = 'UPDATE' and new.decide_by is not distinct from old.decide_by
        then '-infinity'
      else v_today
    end
  );

  if new.consent_text_version is null then
    new.consent_at := null;
  elsif tg_op = 'INSERT'
    or new.consent_text_version is distinct from old.consent_text_version
  then
    new.consent_at := clock_timestamp();
  end if;
  if new.auto_book_enabled and new.consent_at is null then
    raise exception using
      errcode = 'SK006',
      message = 'automatic booking needs the traveller''s consent',
      detail = jsonb_build_object('field', 'consent_text_version', 'value', null),
      column = 'consent_text_version',
      hint = 'Show the consent text and pass the version that was agreed to.';
  end if;
  if new.auto_book_enabled or new.payment_method_id is not null then
    perform engine.check_card(new.user_id, new.payment_method_id, now());
  end if;

  -- No airline sells further ahead than a year; and counting the days to 'infinity'
  -- would not end.
  if greatest(new.departure_to, new.return_from, new.return_to) > v_today + 730 then
    v_searches := 61;
  else
    select count(*) into v_searches
    from (select from engine.plan_searches(new, clock_timestamp()) limit 61) as s;
  end if;
  if v_searches > 60 then
    raise exception using
      errcode = 'SK009',
      message = 'the trip needs too many searches',
      detail = jsonb_build_object('field', 'departure_to', 'limit', 60),
      column = 'departure_to',
      hint = 'Narrow the date windows, within two years, or name fewer airports.';
  elsif v_searches = 0 then
    raise exception using
      errcode = 'SK003',
      message = 'the dates are in the wrong order',
      detail = jsonb_build_object(
        'field', 'nights_max',
        'departure_from', new.departure_from, 'departure_to', new.departure_to,
        'return_from', new.return_from, 'return_to', new.return_to,
        'nights_min', new.nights_min, 'nights_max', new.nights_max
      ),
      column = 'nights_max',
      hint = 'No departure and return date fit the windows and nights together.';
  end if;
  if tg_op = 'INSERT' then
    perform engine.require_room(new.user_id, 'trip_requests');
  end if;
  return new;
end;
$$;
comment on function engine.check_trip_request() is
  'Trigger that refuses a trip that could not be searched, paid for or agreed to, and '
  'says why.';

create or replace trigger trip_requests_check
before insert or update of
  user_id, origins, destinations, departure_from, departure_to, return_from, return_to,
  nights_min, nights_max, cabin_class, max_price, currency, max_connections,
  max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id,
  auto_book_enabled, consent_text_version,
  airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after,
  depart_before, arrive_after, arrive_before, return_depart_after,
  return_depart_before, return_arrive_after, return_arrive_before, no_red_eye,
  no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown,
  price_weight, duration_weight, connections_weight, airline_weight, decide_by,
  max_searches, booking_mode, veto_minutes
on public.trip_requests
for each row execute function engine.check_trip_request();
