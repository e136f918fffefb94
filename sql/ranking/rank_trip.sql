-- Eligibility with every reason, then the score: each term between 0 and 1 and relative
-- only to the trip's own limits, so that an offer more or less never swaps two others.
--   0.60 · price / cap + 0.25 · duration / limit + 0.15 · connections / limit
-- and, where airlines are preferred, those three times 0.9 plus 0.10 for any other.
-- Ties break by price, duration, departure, offer id. Only the current round counts.
create or replace function engine.rank_trip(
  p_user_id uuid, p_trip_id uuid, p_now timestamptz
) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_eligible integer;
begin
  with judged as (
    select
      o.id,
      o.price_amount,
      o.duration,
      o.departs_at,
      o.offer_id,
      array_remove(
        array[
          case
            when o.price_currency <> t.currency then 'other_currency'
            when o.price_amount > t.max_price then 'price_above_cap'
            when engine.stripe_amount(o.price_amount, o.price_currency) is null
              then 'not_chargeable'
          end,
          case
            when o.most_connections > t.max_connections then 'too_many_connections'
          end,
          case when o.longest_slice > t.max_duration then 'too_long' end,
          case when o.carry_on_bags < t.carry_on_bags then 'carry_on_missing' end,
          case when o.checked_bags < t.checked_bags then 'checked_bags_missing' end,
          case when o.documents_required then 'documents_required' end,
          case
            when o.expires_at < p_now + interval '2 minutes' then 'expires_too_soon'
          end
        ],
        null
      ) as ineligible,
      o.price_amount / t.max_price as price_term,
      extract(epoch from o.duration) / extract(
        epoch from t.max_duration * jsonb_array_length(o.itinerary)
      ) as duration_term,
      coalesce(
        o.connections::numeric
        / nullif(t.max_connections * jsonb_array_length(o.itinerary), 0),
        0
      ) as connections_term,
      case
        when cardinality(t.preferred_airlines) = 0 then null
        when o.airline = any (t.preferred_airlines) then 0
        else 1
      end as airline_term
    from public.flight_offers as o
    inner join public.trip_requests as t
      on o.user_id = t.user_id and o.trip_request_id = t.id
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = t.search_round
      and o.status = 'ACTIVE'
  ),

  scored as (
    select
      j.*,
      round(
        (0.60 * j.price_term + 0.25 * j.duration_term + 0.15 * j.connections_term)
        * case when j.airline_term is null then 1 else 0.9 end
        + 0.10 * coalesce(j.airline_term, 0),
        9
      ) as score
    from judged as j
  ),

  ranked as (
    select
      s.*,
      case when s.ineligible = '{}' then
        row_number() over (
          partition by s.ineligible = '{}'
          order by s.score, s.price_amount, s.duration, s.departs_at, s.offer_id
        )
      end as place
    from scored as s
  )

  update public.flight_offers as o
  set
    rank = r.place,
    score = r.score,
    ineligible = r.ineligible,
    score_parts = jsonb_build_object(
      'price', round(r.price_term, 6),
      'duration', round(r.duration_term, 6),
      'connections', round(r.connections_term, 6),
      'airline', r.airline_term
    ),
    updated_at = p_now
  from ranked as r
  where o.user_id = p_user_id and o.id = r.id;

  select count(*) into v_eligible
  from public.flight_offers as o
  inner join public.trip_requests as t
    on o.user_id = t.user_id and o.trip_request_id = t.id
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = t.search_round
    and o.status = 'ACTIVE'
    and o.rank is not null;
  return v_eligible;
end;
$$;
comment on function engine.rank_trip(uuid, uuid, timestamptz) is
  'Ranks the offers of a trip''s current round and returns how many are eligible.';
