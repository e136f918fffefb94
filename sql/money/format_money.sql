-- Writes an amount as people do: with all the digits of its currency (137.40 EUR, 13740
-- JPY, 42.500 KWD), and with more only where the amount has more, because a text must
-- not round money. Definer: travellers' functions write amounts, and travellers do not
-- read the table of currencies.
create or replace function engine.format_money(p_amount numeric, p_currency text)
  returns text
  language plpgsql stable strict
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_digits integer;
begin
  if octet_length(p_currency) > 100 then
    perform engine.require_size('p_currency', array[p_currency], 1, 100);
  end if;
  select c.minor_digits into v_digits
  from engine.currencies as c where c.code = p_currency;
  return round(p_amount, greatest(v_digits, scale(trim_scale(p_amount))))
    || ' ' || p_currency;
end;
$$;
comment on function engine.format_money(numeric, text) is
  'Writes an amount with its currency and all its digits; null when either is null. '
  'Raises SK025.';
grant execute on function engine.format_money(numeric, text)
  to authenticated, service_role;
