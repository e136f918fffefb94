-- One trip's plan as the next tick will see it. The plan names no traveller. Definer:
-- operators have no rights on tables.
create or replace function engine.search_plan(p_trip_id uuid)
  returns table (
    ordinal smallint,
    origin text,
    destination text,
    departure_date date,
    return_date date,
    searches integer,
    last_searched_at timestamptz,
    last_looked_at timestamptz,
    next_look_at timestamptz,
    offers integer,
    cheapest numeric,
    currency text,
    over_cap_percent numeric,
    volatility real
  )
  language sql stable
  security definer
begin atomic
  select
    s.ordinal,
    s.origin,
    s.destination,
    s.departure_date,
    s.return_date,
    s.searches,
    s.last_searched_at,
    s.last_looked_at,
    s.next_look_at,
    s.offers,
    s.cheapest,
    s.currency,
    case
      when s.currency = t.currency then round((s.cheapest / t.max_price - 1) * 100, 1)
    end,
    s.volatility
  from engine.trip_searches as s
  inner join public.trip_requests as t
    on s.user_id = t.user_id and s.trip_request_id = t.id
  where t.id = p_trip_id
  order by s.next_look_at, s.ordinal;
end;
comment on function engine.search_plan(uuid) is
  'Returns the search plan of one trip, the search that is due first at the top.';
grant execute on function engine.search_plan(uuid) to skylatch_operator, service_role;
