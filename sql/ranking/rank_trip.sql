-- Every offer of the current round gets a rank or its reasons (judge_offer). Ties break
-- by price, duration, departure, offer id; prices of two currencies are compared in the
-- trip's.
create or replace function engine.rank_trip(
  p_user_id uuid, p_trip_id uuid, p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
  v_eligible integer;
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;

  with held_against as materialized (
    select
      c.*,
      engine.offer_terms(
        v_trip, c.price_currency, c.passengers, c.first_day, c.last_day, 'ACTIVE', p_now
      ) as terms
    from (
      select distinct
        o.price_currency,
        o.passengers,
        -- Of an offer that nobody knows the days of; ages count up to them, so they
        -- have an end: PostgreSQL 17 knows endless ages.
        coalesce(o.asked_on[1], '9999-12-31') as first_day,
        coalesce(o.asked_on[cardinality(o.asked_on)], '9999-12-31') as last_day
      from public.flight_offers as o
      where o.user_id = p_user_id
        and o.trip_request_id = p_trip_id
        and o.search_round = v_trip.search_round
    ) as c
  ),

  judged as (
    select
      o.id,
      o.price_amount / (h.terms).rate as price,
      o.duration,
      o.departs_at,
      o.offer_id,
      j.*
    from public.flight_offers as o
    inner join held_against as h
      on o.price_currency = h.price_currency
      and o.passengers = h.passengers
      and coalesce(o.asked_on[1], '9999-12-31') = h.first_day
      and coalesce(o.asked_on[cardinality(o.asked_on)], '9999-12-31') = h.last_day
    cross join lateral engine.judge_offer(v_trip, o, h.terms, p_now) as j
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = v_trip.search_round
  ),

  ranked as (
    select
      j.*,
      case when j.ineligible = '{}' then
        row_number() over (
          partition by j.ineligible = '{}'
          order by j.score, j.price, j.duration, j.departs_at, j.offer_id
        )
      end as place
    from judged as j
  ),

  written as (
    update public.flight_offers as o
    set
      rank = r.place,
      score = r.score,
      ineligible = r.ineligible,
      score_parts = r.score_parts,
      updated_at = p_now
    from ranked as r
    where o.user_id = p_user_id and o.id = r.id
    returning o.rank
  )

  select count(w.rank) into v_eligible from written as w;
  return v_eligible;
end;
$$;
comment on function engine.rank_trip(uuid, uuid, timestamptz) is
  'Ranks the offers of a trip''s current round and returns how many are eligible.';
