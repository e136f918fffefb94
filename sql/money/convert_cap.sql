-- The one place where a limit meets a price in another currency. The limit is converted
-- and rounded down to what can be paid, so that ranking, the intent and the final check
-- compare the same two numbers. Where no rate is known, the rate is old, or two rates
-- contradict each other, there is no limit and hence no purchase.
create or replace function engine.convert_cap(
  p_trip public.trip_requests, p_currency text, p_now timestamptz
) returns table (
  cap numeric,
  -- One unit of the trip's currency costs so many of the offer's.
  rate numeric,
  rate_as_of timestamptz,
  problem text
)
  language plpgsql stable
as $$
declare
  v_rate record;
  v_digits smallint := (
    select c.minor_digits from engine.currencies as c where c.code = p_currency
  );
begin
  select k.* into v_rate from engine.known_rate(p_trip.currency, p_currency, p_now) as k;
  rate := v_rate.rate;
  rate_as_of := v_rate.as_of;
  problem := case
    when v_rate.rate is null or v_digits is null then 'no_exchange_rate'
    else v_rate.problem
  end;
  if problem is null then
    -- As far as a stored amount goes.
    cap := least(trunc(p_trip.max_price * v_rate.rate, v_digits), 999999999999);
  end if;
  return next;
end;
$$;
comment on function engine.convert_cap(public.trip_requests, text, timestamptz) is
  'Returns the most that may be paid for a trip in a currency; null where no fresh '
  'rate is known.';
