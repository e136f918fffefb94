-- Limits and fares of different currencies are compared by these rows only, so a wrong
-- rate costs somebody money. The login that gives a rate is on record with a reason.
-- A rate is in force at once only when it is near the rate that the engine would use
-- now, and near every rate that the pair had in the last day; otherwise one person
-- could move a rate anywhere in small steps. Any other rate, and the first rate of a
-- pair, waits until a second person confirms it (engine.confirm_exchange_rates); the
-- known rate is used meanwhile. Two rates of a pair that arrive at once are compared
-- one after the other. Definer: neither operators nor the feed have rights on tables.
create or replace function engine.set_exchange_rate(
  p_base text,
  p_quote text,
  p_rate numeric,
  p_source text,
  p_reason text,
  p_as_of timestamptz default now()
) returns table (
  change_id bigint,
  in_force boolean,
  -- The rates that the new rate is compared with.
  last_rate numeric
)
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_value text;
  v_known record;
  v_jump numeric;
  v_near boolean;
begin
  perform engine.require_size('p_base', array[p_base], 1, 100);
  perform engine.require_size('p_quote', array[p_quote], 1, 100);
  perform engine.require_size('p_source', array[p_source], 1, 2000);
  perform engine.require_size('p_rate', array[p_rate::text], 1, 100);
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'base', left(p_base, 40), exists (
      select from engine.currencies as c where c.code = p_base
    )),
    (2, 'quote', left(p_quote, 40), p_quote <> p_base and exists (
      select from engine.currencies as c where c.code = p_quote
    )),
    (3, 'rate', p_rate::text, p_rate > 0 and p_rate < 1000000000),
    (4, 'source', left(p_source, 40),
      trim(p_source) <> '' and length(p_source) <= 200),
    (5, 'as_of', p_as_of::text, p_as_of <= v_now and p_as_of > '1999-01-01')
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
  perform pg_advisory_xact_lock(
    7302030, hashtext(least(p_base, p_quote) || greatest(p_base, p_quote))
  );

  select m.rate_jump into v_jump from engine.money_settings as m;
  select k.rate, k.problem into v_known
  from engine.known_rate(p_base, p_quote, v_now) as k;
  -- The rates of the pair in the last day, but none from before a second person last
  -- confirmed one.
  with lately as (
    select c.*
    from engine.exchange_rate_changes as c
    where (c.base, c.quote) in ((p_base, p_quote), (p_quote, p_base))
      and c.action in ('SET', 'CONFIRMED')
  )

  select
    coalesce(bool_and(greatest(p_rate / n.rate, n.rate / p_rate) <= 1 + v_jump), false)
  into v_near
  from (
    select v_known.rate
    union all
    select case when c.base = p_base then c.rate else 1 / c.rate end
    from lately as c
    where c.at > v_now - interval '1 day'
      and c.id >= coalesce(
        (select max(l.id) from lately as l where l.action = 'CONFIRMED'), 0
      )
  ) as n
  -- While two sources disagree nobody decides alone which of them is right.
  where v_known.rate is not null
    and v_known.problem is distinct from 'exchange_rates_disagree';

  insert into engine.exchange_rate_changes as c (
    at, action, base, quote, as_of, rate, source, last_rate, login, actor, reason
  )
  values (
    v_now, case when v_near then 'SET' else 'HELD' end, p_base, p_quote, p_as_of,
    p_rate, p_source, v_known.rate, session_user, engine.caller(), v_reason
  )
  returning c.id, c.action = 'SET', c.last_rate
  into change_id, in_force, last_rate;
  if in_force then
    perform engine.apply_exchange_rate(change_id);
  end if;
  return next;
end;
$$;
comment on function engine.set_exchange_rate(
  text, text, numeric, text, text, timestamptz
) is
  'Records how much of another currency one unit of a currency costs, for a reason; '
  'says whether the rate is in force or waits for a second person. Raises SK014 or '
  'SK016.';
grant execute on function engine.set_exchange_rate(
  text, text, numeric, text, text, timestamptz
) to skylatch_operator, skylatch_feed;
