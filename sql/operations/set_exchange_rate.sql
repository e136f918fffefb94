-- Limits and fares of different currencies compare through these rows only, and only
-- while they are fresh. The same pair at the same moment again is a correction.
-- Definer: operators have no table.
create or replace function engine.set_exchange_rate(
  p_base text,
  p_quote text,
  p_rate numeric,
  p_source text,
  p_as_of timestamptz default now()
) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_value text;
begin
  perform engine.require_size('p_base', array[p_base], 1, 100);
  perform engine.require_size('p_quote', array[p_quote], 1, 100);
  perform engine.require_size('p_source', array[p_source], 1, 2000);
  perform engine.require_size('p_rate', array[p_rate::text], 1, 100);
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'base', p_base, exists (
      select from engine.currencies as c where c.code = p_base
    )),
    (2, 'quote', p_quote, p_quote <> p_base and exists (
      select from engine.currencies as c where c.code = p_quote
    )),
    (3, 'rate', p_rate::text, p_rate > 0 and p_rate < 1000000000),
    (4, 'source', p_source, p_source <> ''),
    (5, 'as_of', p_as_of::text,
      p_as_of <= clock_timestamp() and p_as_of > '1999-01-01')
  ) as w (place, field, value, fits)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK014',
      message = 'this is not an exchange rate',
      detail = jsonb_build_object('field', v_field, 'value', v_value),
      column = v_field,
      hint = 'Give two different ISO 4217 codes, how much of the second a unit of the '
        'first costs, where that is published, and a moment that is not in the future.';
  end if;
  insert into engine.exchange_rates as r (base, quote, as_of, rate, source)
  values (p_base, p_quote, p_as_of, p_rate, p_source)
  on conflict (base, quote, as_of) do update
  set rate = excluded.rate, source = excluded.source;
end;
$$;
comment on function engine.set_exchange_rate(text, text, numeric, text, timestamptz) is
  'Records what one unit of a currency costs in another; raises SK014.';
grant execute on function engine.set_exchange_rate(
  text, text, numeric, text, timestamptz
) to skylatch_operator, service_role;
