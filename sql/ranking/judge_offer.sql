-- Whether one offer fits, with every reason why not, and its score. This one rule
-- decides what may be bought, each time an offer is used: when a search is answered,
-- when the offer is read live before anything is paid, and at the final check before
-- the order leaves. list_reasons.sql has the reasons in words.
--
-- Each line says what fits; any other value, null included, is a miss. What an airline
-- does not state (refunds, changes, emissions, the cabin) is not "no": accept_unknown
-- decides whether the unknown passes. An offer that cannot be judged is not eligible
-- for that reason: a broken filter lets nothing through, and a broken offer does not
-- hide the others.
--
-- A lower score is better. Each term is between 0 and 1 and relative only to the trip's
-- own limits, so that one offer more or less never swaps two others.
--   price_weight · price / cap + duration_weight · duration / limit
--     + connections_weight · connections / limit
-- Where airlines are preferred, this sum is multiplied by (1 - airline_weight), and
-- airline_weight is added for any other airline.
create or replace function engine.judge_offer(
  p_trip public.trip_requests,
  p_offer public.flight_offers,
  p_terms engine.offer_terms,
  p_now timestamptz,
  out ineligible text[],
  out score numeric,
  out score_parts jsonb
)
  language plpgsql stable
as $$
declare
  v_cabins constant text[] := array['economy', 'premium_economy', 'business', 'first'];
  v_airlines text[] := p_offer.carriers || p_offer.airline;
  -- A question mark stands for an airline that the provider does not name.
  v_carriers_known boolean := p_offer.carriers <> '{}'
    and not '?' = any (p_offer.carriers);
  v_in_alliance boolean := true;
  v_slices integer;
  v_price numeric;
  v_duration numeric;
  v_connections numeric;
  v_airline integer;
  v_airline_weight numeric := 0.0;
begin
  v_slices := jsonb_array_length(p_offer.itinerary);
  if p_trip.alliances <> '{}' then
    v_in_alliance := v_carriers_known and exists (
      select from unnest(p_trip.alliances) as w (alliance)
      where p_offer.carriers <@ array(
        select m.airline
        from engine.airline_alliances as m
        where m.alliance = w.alliance
      )
    );
  end if;
  -- No query in here: this is computed for every offer of every search.
  ineligible := engine.route_problems(p_trip, p_offer, p_terms.city_airports);
  ineligible := ineligible || array_remove(
    array[
      case when p_terms.party_fits is not true then 'party_mismatch' end,
      case
        when (p_offer.departs_at >= p_now + p_terms.least_lead_time) is not true
          then 'leaves_too_soon'
      end,
      case when p_offer.status <> p_terms.status then 'no_longer_offered' end,
      case
        when p_terms.cap_problem is not null then p_terms.cap_problem
        when (p_offer.price_amount <= p_terms.cap) is not true then 'price_above_cap'
        when (
          p_offer.price_amount > 0 and p_offer.price_amount % p_terms.charge_step = 0
        ) is not true then 'not_chargeable'
      end,
      case
        when (p_offer.most_connections <= p_trip.max_connections) is not true
          then 'too_many_connections'
      end,
      case
        when (p_offer.longest_slice <= p_trip.max_duration) is not true then 'too_long'
      end,
      case
        when p_trip.layover_min is not null
          and (
            p_offer.connections = 0 or p_offer.shortest_layover >= p_trip.layover_min
          ) is not true then 'layover_too_short'
      end,
      case
        when p_trip.layover_max is not null
          and (
            p_offer.connections = 0 or p_offer.longest_layover <= p_trip.layover_max
          ) is not true then 'layover_too_long'
      end,
      case
        when p_trip.no_airport_change and (p_offer.airport_changes = 0) is not true
          then 'airport_change'
      end,
      case
        when not engine.is_within(
          p_offer.departs_local[1]::time, p_trip.depart_after, p_trip.depart_before
        ) then 'departs_outside_window'
      end,
      case
        when not engine.is_within(
          p_offer.arrives_local[1]::time, p_trip.arrive_after, p_trip.arrive_before
        ) then 'arrives_outside_window'
      end,
      -- A journey of one slice does not come back.
      case
        when not engine.is_within(
          p_offer.departs_local[nullif(v_slices, 1)]::time,
          p_trip.return_depart_after, p_trip.return_depart_before
        ) then 'return_departs_outside_window'
      end,
      case
        when not engine.is_within(
          p_offer.arrives_local[nullif(v_slices, 1)]::time,
          p_trip.return_arrive_after, p_trip.return_arrive_before
        ) then 'return_arrives_outside_window'
      end,
      case
        when p_trip.no_red_eye and (p_offer.red_eyes = 0) is not true then 'red_eye'
      end,
      case
        when p_trip.airlines_only <> '{}'
          and (v_carriers_known and v_airlines <@ p_trip.airlines_only) is not true
          then 'airline_not_included'
      end,
      case
        when p_trip.airlines_never <> '{}'
          and (v_carriers_known and not v_airlines && p_trip.airlines_never) is not true
          then 'airline_excluded'
      end,
      case when v_in_alliance is not true then 'not_in_alliance' end,
      case
        when (p_offer.carry_on_bags >= p_trip.carry_on_bags) is not true
          then 'carry_on_missing'
      end,
      case
        when (p_offer.checked_bags >= p_trip.checked_bags) is not true
          then 'checked_bags_missing'
      end,
      case
        when not p_trip.refundable then null
        -- A penalty of the whole price leaves nothing to give back.
        when p_offer.refundable and (
            p_offer.refund_penalty >= p_offer.price_amount
            and p_offer.refund_penalty_currency = p_offer.price_currency
          ) is not true then null
        when p_offer.refundable is not null then 'not_refundable'
        when not p_trip.accept_unknown then 'refund_unknown'
      end,
      case
        when not p_trip.changeable or p_offer.changeable then null
        when not p_offer.changeable then 'not_changeable'
        when not p_trip.accept_unknown then 'change_unknown'
      end,
      case
        when p_trip.max_emissions_kg is null
          or p_offer.emissions_kg <= p_trip.max_emissions_kg then null
        when p_offer.emissions_kg is not null then 'emissions_too_high'
        when not p_trip.accept_unknown then 'emissions_unknown'
      end,
      case
        when p_trip.cabin_class = 'economy'
          or array_position(v_cabins, p_offer.lowest_cabin)
          >= array_position(v_cabins, p_trip.cabin_class) then null
        when p_offer.lowest_cabin = any (v_cabins) then 'cabin_too_low'
        when not p_trip.accept_unknown then 'cabin_unknown'
      end,
      case when p_offer.documents_required is not false then 'documents_required' end,
      case
        when (p_offer.expires_at >= p_now + interval '2 minutes') is not true
          then 'expires_too_soon'
      end
    ],
    null
  );

  v_price := p_offer.price_amount / (p_trip.max_price * p_terms.rate);
  v_duration := extract(epoch from p_offer.duration)
    / extract(epoch from p_trip.max_duration * v_slices);
  v_connections := coalesce(
    p_offer.connections::numeric / nullif(p_trip.max_connections * v_slices, 0), 0
  );
  if p_trip.preferred_airlines <> '{}' then
    v_airline := case
      when p_offer.airline = any (p_trip.preferred_airlines) then 0 else 1
    end;
    v_airline_weight := p_trip.airline_weight;
  end if;
  score := round(
    (
      p_trip.price_weight * v_price
      + p_trip.duration_weight * v_duration
      + p_trip.connections_weight * v_connections
    ) * (1 - v_airline_weight)
    + v_airline_weight * coalesce(v_airline, 0),
    9
  );
  score_parts := jsonb_build_object(
    'price', round(v_price, 6),
    'duration', round(v_duration, 6),
    'connections', round(v_connections, 6),
    'airline', v_airline,
    'weights', jsonb_build_object(
      'price', p_trip.price_weight * (1 - v_airline_weight),
      'duration', p_trip.duration_weight * (1 - v_airline_weight),
      'connections', p_trip.connections_weight * (1 - v_airline_weight),
      'airline', v_airline_weight
    ),
    'cap', p_terms.cap::text,
    'rate', case when p_terms.rate_as_of is not null then p_terms.rate::text end,
    'rate_as_of', p_terms.rate_as_of
  );
  if score is null and ineligible = '{}' then
    ineligible := array['cannot_be_judged'];
  end if;
exception when others then
  raise warning 'offer % cannot be judged: % %', p_offer.offer_id, sqlstate, sqlerrm;
  ineligible := array['cannot_be_judged'];
  score := null;
  score_parts := null;
end;
$$;
comment on function engine.judge_offer(
  public.trip_requests, public.flight_offers, engine.offer_terms, timestamptz
) is 'Tells whether an offer fits a trip, with every reason why not, and its score.';
