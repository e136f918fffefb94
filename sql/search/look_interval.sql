-- How long a quote serves. Searches are also chosen by this interval
-- (search/choose_searches.sql). All constants of the search plan are here:
--
--   interval = time to departure / 100 · need, between 10 minutes and 24 hours
--   need     = distance / 5, between 0.02 and 4; 1 while no fare is known
--   distance = (cheapest / cap - 1) / (volatility + 0.02)
--
-- The distance counts how many of the route's usual changes lie between the cheapest
-- fare and the cap: 10 % over the cap is near where fares change by 8 % from quote to
-- quote (1.0), and far where they hardly change (5.0). 2 % stands in for a route of
-- which little is known. At or below the cap the distance is zero, and the need the
-- least, because a fare there may fit for minutes only. With 0.1 as the least need,
-- simulated trips were booked less often and with more searches each
-- (../docs/search-simulation.md). The day of departure is UTC's here: it measures how
-- much time is left, and ends nothing.
--
--   days to departure   at the cap   10 % over, quiet   far above, quiet
--   100                 29 min       24 h               24 h
--   30                  10 min       7 h 12             24 h
--   3                   10 min       43 min             2 h 53
create or replace function engine.look_interval(
  p_departure_date date,
  p_cheapest numeric,
  p_cap numeric,
  p_volatility real,
  p_now timestamptz
) returns interval
  language sql immutable parallel safe
return make_interval(
  secs => greatest(
    600,
    least(
      86400,
      extract(
        epoch from (p_departure_date + 1)::timestamp at time zone 'UTC' - p_now
      )::double precision / 100 * case
        when p_cheapest is null then 1
        else greatest(
          0.02::double precision,
          least(
            4::double precision,
            (p_cheapest::double precision / p_cap::double precision - 1)
            / (p_volatility + 0.02) / 5
          )
        )
      end
    )
  )
);
comment on function engine.look_interval(
  date, numeric, numeric, real, timestamptz
) is
  'Returns how long a quote serves: shorter near the cap, where fares move, and near '
  'departure.';
