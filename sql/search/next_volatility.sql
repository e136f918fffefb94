-- The newest change counts for a fifth. A quote without a fare says nothing about
-- changes.
create or replace function engine.next_volatility(
  p_volatility real, p_before numeric, p_after numeric
) returns real
  language sql immutable parallel safe
return coalesce(
  (0.8 * p_volatility + 0.2 * abs(p_after / nullif(p_before, 0) - 1))::real,
  p_volatility
);
comment on function engine.next_volatility(real, numeric, numeric) is
  'Returns a search''s volatility after one more quote: the smoothed mean absolute '
  'relative change of its cheapest fare.';
