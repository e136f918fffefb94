-- The ranking that the engine decides by, for the traveller to read; row level security
-- applies. The function is dropped first, because the columns of a function cannot be
-- replaced.
create or replace function public.rank_offers(p_trip_id uuid)
  returns table (
    rank integer,
    offer_id text,
    airline text,
    price_amount numeric,
    price_currency text,
    duration interval,
    connections smallint,
    departs_at timestamptz,
    score numeric,
    score_parts jsonb,
    ineligible text[],
    carriers text[],
    itinerary_key text,
    -- Of the same flights at the same times.
    other_fares bigint
  )
  language sql stable
  security invoker
begin atomic
  select
    o.rank,
    o.offer_id,
    o.airline,
    o.price_amount,
    o.price_currency,
    o.duration,
    o.connections,
    o.departs_at,
    o.score,
    o.score_parts,
    o.ineligible,
    o.carriers,
    o.itinerary_key,
    case
      when o.itinerary_key is not null
        then count(*) over (partition by o.itinerary_key) - 1
    end as other_fares
  from public.flight_offers as o
  inner join public.trip_requests as t
    on o.user_id = t.user_id and o.trip_request_id = t.id
  where t.id = p_trip_id
    and o.search_round = t.search_round
    and o.day >= coalesce(t.offers_from, '0001-01-01')
  order by
    o.rank nulls last,
    (o.score_parts ->> 'price')::numeric,
    o.offer_id;
end;
comment on function public.rank_offers(uuid) is
  'Lists a trip''s current offers, best first, with every part of the score.';
grant execute on function public.rank_offers(uuid) to authenticated, service_role;
