-- Every offer of the current round gets a rank, or its reasons (judge_offer). Ties
-- break by price, duration, departure and offer id; prices of two currencies are
-- compared in the trip's. An offer that was stored at p_now was judged at p_now too
-- (search/ingest_offers), and a row that would not change is not written. So ranking a
-- round of one answer writes nothing.
create or replace function engine.rank_trip(
  p_user_id uuid, p_trip_id uuid, p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
  v_from date;
  v_eligible integer;
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  v_from := coalesce(v_trip.offers_from, '0001-01-01');

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
        and o.day >= v_from
        and o.search_round = v_trip.search_round
    ) as c
  ),

  offer as (
    select
      o,
      h.terms,
      -- Else nobody has judged it.
      o.created_at = p_now and (o.score is not null or o.ineligible <> '{}') as is_judged
    from public.flight_offers as o
    inner join held_against as h
      on o.price_currency = h.price_currency
      and o.passengers = h.passengers
      and coalesce(o.asked_on[1], '9999-12-31') = h.first_day
      and coalesce(o.asked_on[cardinality(o.asked_on)], '9999-12-31') = h.last_day
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.day >= v_from
      and o.search_round = v_trip.search_round
  ),

  judged as materialized (
    select
      (f.o).id,
      (f.o).day,
      (f.o).price_amount / (f.terms).rate as price,
      (f.o).duration,
      (f.o).departs_at,
      (f.o).offer_id,
      (f.o).rank as former_rank,
      f.is_judged
      or j.ineligible = (f.o).ineligible
      and (j.score, j.score_parts)
      is not distinct from ((f.o).score, (f.o).score_parts) as is_same,
      j.*
    from offer as f
    cross join lateral (
      select e.*
      from engine.judge_offer(v_trip, f.o, f.terms, p_now) as e
      where f.is_judged is not true
      union all
      select (f.o).ineligible, (f.o).score, (f.o).score_parts where f.is_judged
    ) as j
  ),

  ranked as materialized (
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
    where o.user_id = p_user_id
      and o.id = r.id
      and o.day = r.day
      and o.day >= v_from
      and (r.is_same is not true or r.place is distinct from r.former_rank)
  )

  select count(r.place) into v_eligible from ranked as r;
  return v_eligible;
end;
$$;
comment on function engine.rank_trip(uuid, uuid, timestamptz) is
  'Ranks the offers of a trip''s current round and returns how many are eligible.';
