-- The one place where a limit meets a price of another currency. It is the limit that
-- is converted, rounded down to what can be paid: ranking, the intent and the last look
-- compare the same two numbers. No rate, or an old one: no limit, hence no purchase.
create or replace function engine.convert_cap(
  p_trip public.trip_requests, p_currency text, p_now timestamptz
) returns table (
  cap numeric,
  -- One unit of the trip's currency costs so many of the offer's.
  rate numeric,
  rate_as_of timestamptz,
  problem text
)
  language sql stable
begin atomic
  select
    case
      -- As far as a stored amount goes.
      when r.is_fresh
        then least(trunc(p_trip.max_price * r.rate, c.minor_digits), 999999999999)
    end,
    r.rate,
    r.as_of,
    case
      when r.rate is null or c.code is null then 'no_exchange_rate'
      when not r.is_fresh then 'exchange_rate_too_old'
    end
  from (select p_currency as currency) as q
  left join engine.currencies as c on q.currency = c.code
  left join lateral (
    select
      1::numeric as rate,
      null::timestamptz as as_of,
      true as is_fresh
    where q.currency = p_trip.currency
    union all
    select
      f.rate,
      f.as_of,
      f.is_fresh
    from engine.find_rate(p_trip.currency, q.currency, p_now) as f
    where q.currency <> p_trip.currency
  ) as r on true;
end;
comment on function engine.convert_cap(public.trip_requests, text, timestamptz) is
  'Says the most that may be paid for a trip in a currency; null where no fresh rate '
  'is known.';
