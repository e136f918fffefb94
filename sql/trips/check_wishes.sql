-- Checks what a trip's own columns say about each other, one line per rule: the field,
-- what was said, what fits, what to do. Null fits only where a line says so. A length
-- of time is held to its limits both as it compares and as it counts: a year compares
-- as 360 days and counts as 365.25. Otherwise what compares like a day could count as
-- less than nothing, and the longest flight would score best.
create or replace function engine.check_wishes(
  p_trip public.trip_requests, p_first_day date
) returns void
  language plpgsql stable
as $$
declare
  v_hours constant text := 'Give both ends of the window, as local times; one that '
    'ends before it starts runs over midnight.';
  v_weights constant text := 'Give weights from 0 to 1; those of price, duration and '
    'connections add up to 1.';
  v_goes_back constant boolean := p_trip.return_from is not null
    or p_trip.nights_min is not null;
  v_wish record;
begin
  select w.field, w.value, w.hint into v_wish
  from (
    select
      100 + l.place,
      l.field,
      coalesce(to_jsonb(c.code), to_jsonb(l.airlines)),
      c.is_wrong is null and cardinality(l.airlines) <= 20,
      'Use at most 20 airline codes of two capital letters or digits, such as BA or U2.'
    from (
      values
      (1, 'preferred_airlines', p_trip.preferred_airlines),
      (2, 'airlines_only', p_trip.airlines_only),
      (3, 'airlines_never', p_trip.airlines_never)
    ) as l (place, field, airlines)
    left join lateral (
      select a.code, true as is_wrong
      from unnest(l.airlines) as a (code)
      where (a.code ~ '^[A-Z0-9]{2}$') is not true
      limit 1
    ) as c on true
    union all
    select
      200 + l.place,
      l.field,
      to_jsonb(c.code),
      c.is_wrong is null,
      l.hint
    from (
      values
      (1, 'airlines_never', p_trip.airlines_only, p_trip.airlines_never, true,
        'An airline is either among the only ones or among the excluded ones.'),
      (2, 'preferred_airlines', p_trip.airlines_never, p_trip.preferred_airlines, true,
        'An excluded airline cannot be preferred.'),
      (3, 'preferred_airlines', p_trip.airlines_only, p_trip.preferred_airlines, false,
        'Only an airline that is allowed can be preferred.')
    ) as l (place, field, one, other, is_both_wrong, hint)
    left join lateral (
      select a.code, true as is_wrong
      from unnest(l.other) as a (code)
      where (a.code = any (l.one)) = l.is_both_wrong and l.one <> '{}'
      limit 1
    ) as c on true
    union all
    values
    (1, 'destinations', to_jsonb(p_trip.destinations),
      not p_trip.origins && p_trip.destinations
      and cardinality(p_trip.origins) <= 10 and cardinality(p_trip.destinations) <= 10,
      'Name up to ten places to leave from and up to ten others to go to.'),
    (2, 'return_from', to_jsonb(p_trip.return_from),
      p_trip.return_from is not null or p_trip.return_to is null,
      'Give both ends of the return window.'),
    (3, 'return_to', to_jsonb(p_trip.return_to),
      p_trip.return_to is not null or p_trip.return_from is null,
      'Give both ends of the return window.'),
    (4, 'nights_min', to_jsonb(p_trip.nights_min),
      case
        when p_trip.nights_min is null then p_trip.nights_max is null
        else p_trip.nights_min between 0 and 365
      end,
      'Give the fewest and the most nights, from 0 to 365.'),
    (5, 'nights_max', to_jsonb(p_trip.nights_max),
      case
        when p_trip.nights_max is null then p_trip.nights_min is null
        else p_trip.nights_max between 0 and 365
      end,
      'Give the fewest and the most nights, from 0 to 365.'),
    (6, 'cabin_class', to_jsonb(p_trip.cabin_class),
      p_trip.cabin_class in ('economy', 'premium_economy', 'business', 'first'),
      'Choose economy, premium_economy, business or first.'),
    (7, 'max_connections', to_jsonb(p_trip.max_connections),
      p_trip.max_connections between 0 and 2, 'Allow 0, 1 or 2 connections.'),
    (8, 'max_duration', to_jsonb(p_trip.max_duration),
      p_trip.max_duration between interval '30 minutes' and interval '72 hours'
      and extract(epoch from p_trip.max_duration) between 1800 and 72 * 3600,
      'Allow 30 minutes to 72 hours for one way.'),
    (9, 'carry_on_bags', to_jsonb(p_trip.carry_on_bags),
      p_trip.carry_on_bags between 0 and 2, 'Ask for 0 to 2 carry-on bags each.'),
    (10, 'checked_bags', to_jsonb(p_trip.checked_bags),
      p_trip.checked_bags between 0 and 3, 'Ask for 0 to 3 checked bags each.'),
    (300, 'alliances', to_jsonb(p_trip.alliances),
      p_trip.alliances <@ array['oneworld', 'skyteam', 'star_alliance'],
      'Choose among oneworld, skyteam and star_alliance.'),
    (301, 'airlines_only', to_jsonb(p_trip.airlines_only),
      p_trip.airlines_only = '{}' or p_trip.alliances = '{}' or exists (
        select from engine.airline_alliances as m
        where m.airline = any (p_trip.airlines_only)
          and m.alliance = any (p_trip.alliances)
      ),
      'None of these airlines is in the alliances you chose: drop one of the two.'),
    (310, 'layover_min', to_jsonb(p_trip.layover_min),
      p_trip.layover_min is null
      or p_trip.layover_min between interval '0' and interval '24 hours'
      and extract(epoch from p_trip.layover_min) between 0 and 24 * 3600,
      'Give 0 to 24 hours.'),
    (311, 'layover_max', to_jsonb(p_trip.layover_max),
      p_trip.layover_max is null
      or p_trip.layover_max between interval '0' and interval '48 hours'
      and extract(epoch from p_trip.layover_max) between 0 and 48 * 3600,
      'Give 0 to 48 hours.'),
    (312, 'layover_max', to_jsonb(p_trip.layover_max),
      p_trip.layover_max is null or p_trip.layover_min is null
      or p_trip.layover_min <= p_trip.layover_max,
      'The longest time for a connection is not below the shortest.'),
    (320, 'depart_after', to_jsonb(p_trip.depart_after),
      p_trip.depart_after is not null or p_trip.depart_before is null, v_hours),
    (321, 'depart_before', to_jsonb(p_trip.depart_before),
      p_trip.depart_before is not null or p_trip.depart_after is null, v_hours),
    (322, 'arrive_after', to_jsonb(p_trip.arrive_after),
      p_trip.arrive_after is not null or p_trip.arrive_before is null, v_hours),
    (323, 'arrive_before', to_jsonb(p_trip.arrive_before),
      p_trip.arrive_before is not null or p_trip.arrive_after is null, v_hours),
    (324, 'return_depart_after', to_jsonb(p_trip.return_depart_after),
      p_trip.return_depart_after is not null or p_trip.return_depart_before is null,
      v_hours),
    (325, 'return_depart_before', to_jsonb(p_trip.return_depart_before),
      p_trip.return_depart_before is not null or p_trip.return_depart_after is null,
      v_hours),
    (326, 'return_arrive_after', to_jsonb(p_trip.return_arrive_after),
      p_trip.return_arrive_after is not null or p_trip.return_arrive_before is null,
      v_hours),
    (327, 'return_arrive_before', to_jsonb(p_trip.return_arrive_before),
      p_trip.return_arrive_before is not null or p_trip.return_arrive_after is null,
      v_hours),
    (328, 'return_depart_after', to_jsonb(p_trip.return_depart_after),
      v_goes_back or p_trip.return_depart_after is null,
      'A trip one way has no hours for the way back: give return dates or nights.'),
    (329, 'return_arrive_after', to_jsonb(p_trip.return_arrive_after),
      v_goes_back or p_trip.return_arrive_after is null,
      'A trip one way has no hours for the way back: give return dates or nights.'),
    (330, 'no_red_eye', to_jsonb(p_trip.no_red_eye), p_trip.no_red_eye is not null,
      'Say true or false.'),
    (331, 'no_airport_change', to_jsonb(p_trip.no_airport_change),
      p_trip.no_airport_change is not null, 'Say true or false.'),
    (332, 'refundable', to_jsonb(p_trip.refundable), p_trip.refundable is not null,
      'Say true or false.'),
    (333, 'changeable', to_jsonb(p_trip.changeable), p_trip.changeable is not null,
      'Say true or false.'),
    (334, 'accept_unknown', to_jsonb(p_trip.accept_unknown),
      p_trip.accept_unknown is not null, 'Say true or false.'),
    (335, 'auto_book_enabled', to_jsonb(p_trip.auto_book_enabled),
      p_trip.auto_book_enabled is not null, 'Say true or false.'),
    (336, 'booking_mode', to_jsonb(p_trip.booking_mode),
      p_trip.booking_mode in (
        'AUTOMATIC', 'VETO_WINDOW', 'APPROVAL', 'WATCH', 'DRY_RUN'
      ),
      'Choose AUTOMATIC, VETO_WINDOW, APPROVAL, WATCH or DRY_RUN.'),
    (337, 'veto_minutes', to_jsonb(p_trip.veto_minutes),
      p_trip.veto_minutes between 1 and 10080,
      'Give 1 to 10080 minutes, which is a week.'),
    (340, 'max_emissions_kg', to_jsonb(p_trip.max_emissions_kg),
      p_trip.max_emissions_kg is null
      or (p_trip.max_emissions_kg > 0 and p_trip.max_emissions_kg < 1000000),
      'Give more than 0 and less than 1000000 kilograms for all passengers together.'),
    (350, 'price_weight', to_jsonb(p_trip.price_weight),
      p_trip.price_weight between 0 and 1, v_weights),
    (351, 'duration_weight', to_jsonb(p_trip.duration_weight),
      p_trip.duration_weight between 0 and 1, v_weights),
    (352, 'connections_weight', to_jsonb(p_trip.connections_weight),
      p_trip.connections_weight between 0 and 1, v_weights),
    (353, 'airline_weight', to_jsonb(p_trip.airline_weight),
      p_trip.airline_weight between 0 and 1, v_weights),
    (354, 'price_weight', to_jsonb(p_trip.price_weight),
      p_trip.price_weight + p_trip.duration_weight + p_trip.connections_weight = 1,
      v_weights),
    (360, 'decide_by', to_jsonb(p_trip.decide_by),
      p_trip.decide_by is null
      or p_trip.decide_by between p_first_day and p_trip.departure_to,
      'Give a day from today to the last day of departure.'),
    (361, 'max_searches', to_jsonb(p_trip.max_searches),
      p_trip.max_searches between 1 and 10000, 'Give 1 to 10000 searches.')
  ) as w (place, field, value, fits, hint)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK013',
      message = 'a wish cannot be met as stated',
      detail = jsonb_build_object('field', v_wish.field, 'value', v_wish.value),
      column = v_wish.field,
      hint = v_wish.hint;
  end if;
end;
$$;
comment on function engine.check_wishes(public.trip_requests, date) is
  'Raises SK013 for the first wish of a trip that contradicts another or cannot be.';
