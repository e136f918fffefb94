create or replace function engine.describe_offer(p_offer public.flight_offers)
  returns text
  language sql stable
return format(
  '%s for %s (%s, %s)',
  p_offer.airline,
  engine.format_money(p_offer.price_amount, p_offer.price_currency),
  to_char(
    make_interval(secs => extract(epoch from p_offer.duration)::double precision),
    'FMHH24 "h" MI "min"'
  ),
  case
    when p_offer.connections = 1 then '1 connection'
    when p_offer.connections > 1 then p_offer.connections || ' connections'
    when p_offer.technical_stops > 0 then 'no connection'
    else 'nonstop'
  end
);
comment on function engine.describe_offer(public.flight_offers) is
  'Describes an offer in a few words.';
grant execute on function engine.describe_offer(public.flight_offers)
  to authenticated, service_role;
