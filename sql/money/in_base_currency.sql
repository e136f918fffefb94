-- The amount is rounded up, so that an amount compared with a ceiling is never too
-- small. What is about to be spent needs a rate that may be spent on. For what was
-- spent already the last known rate will do: otherwise one currency without a new rate
-- would stop everybody's bookings.
create or replace function engine.in_base_currency(
  p_amount numeric, p_currency text, p_is_new boolean, p_now timestamptz
) returns numeric
  language plpgsql stable
as $$
declare
  v_rate numeric;
  v_digits smallint;
begin
  select k.rate, c.minor_digits into v_rate, v_digits
  from engine.money_settings as m
  inner join engine.currencies as c on m.base_currency = c.code
  cross join lateral engine.known_rate(p_currency, m.base_currency, p_now) as k
  where k.problem is null or not p_is_new;
  return ceil(p_amount * v_rate * 10::numeric ^ v_digits) / 10::numeric ^ v_digits;
end;
$$;
comment on function engine.in_base_currency(numeric, text, boolean, timestamptz) is
  'Returns the most that an amount is worth in the base currency; null where no rate '
  'is known.';
