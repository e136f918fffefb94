-- What `rank_offers` lists of a trip, with the reasons in words, and which of them the
-- traveller is asked about. Definer: operators have no table.
create or replace function engine.offer_overview(
  p_trip_id uuid, p_limit integer default 50
)
  returns table (
    rank integer,
    offer_id text,
    status text,
    airline text,
    price_amount numeric,
    price_currency text,
    -- By the clock of the airport.
    departs_local timestamp,
    duration interval,
    connections smallint,
    score numeric,
    expires_at timestamptz,
    why_not text[]
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests;
begin
  select t.* into v_trip from public.trip_requests as t where t.id = p_trip_id;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id.';
  end if;
  return query
  select
    o.rank,
    o.offer_id,
    case
      when exists (
        select from public.offer_proposals as p
        where p.user_id = o.user_id
          and p.trip_request_id = o.trip_request_id
          and p.flight_offer_id = o.id
          and p.state = 'OPEN'
      ) then 'PROPOSED'
      else public.offer_status(o)
    end,
    o.airline,
    o.price_amount::numeric,
    o.price_currency,
    o.departs_local[1],
    o.duration,
    o.connections,
    o.score,
    o.expires_at,
    array(
      select coalesce(r.what, m.reason)
      from unnest(o.ineligible) with ordinality as m (reason, ordinality)
      left join engine.list_reasons() as r on m.reason = r.reason
      order by m.ordinality
    )
  from public.flight_offers as o
  where o.user_id = v_trip.user_id
    and o.trip_request_id = v_trip.id
    and o.search_round = v_trip.search_round
    and o.day >= coalesce(v_trip.offers_from, '0001-01-01')
  order by
    o.rank nulls last,
    (o.score_parts ->> 'price')::numeric,
    o.offer_id
  limit p_limit;
end;
$$;
comment on function engine.offer_overview(uuid, integer) is
  'Lists a trip''s current offers, best first, and why each other does not fit; raises '
  'SK104 when there is no such trip.';
grant execute on function engine.offer_overview(uuid, integer) to skylatch_operator;
