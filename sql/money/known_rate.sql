-- A rate is used as it was stored, inverted, or through a third currency, because a
-- bank's list has one base. Fresh rates come first, then the shorter way, then the
-- newer rate. Only the newest rate of each source counts. Where another fresh way, by
-- other sources alone, differs by more than the tolerance, one of the two is wrong and
-- nobody here knows which: then the answer has a problem, and nothing is bought.
create or replace function engine.known_rate(
  p_base text, p_quote text, p_now timestamptz
) returns table (
  -- One unit of the base costs so many of the quote.
  rate numeric,
  as_of timestamptz,
  -- Null when the rate may be spent on.
  problem text
)
  language plpgsql stable
as $$
begin
  if p_base = p_quote then
    return query select 1::numeric, null::timestamptz, null::text;
    return;
  end if;
  return query
  with stored as (
    select distinct on (r.base, r.quote, r.source)
      r.base, r.quote, r.source, r.rate, r.as_of
    from engine.exchange_rates as r
    where r.as_of <= p_now
      and (r.base in (p_base, p_quote) or r.quote in (p_base, p_quote))
    order by r.base asc, r.quote asc, r.source asc, r.as_of desc
  ),

  leg as (
    select s.base, s.quote, s.source, s.rate, s.as_of
    from stored as s
    union all
    select s.quote, s.base, s.source, 1 / s.rate, s.as_of
    from stored as s
  ),

  way as materialized (
    select l.rate, l.as_of, 1 as legs, array[l.source] as sources
    from leg as l
    where l.base = p_base and l.quote = p_quote
    union all
    select a.rate * b.rate, least(a.as_of, b.as_of), 2, array[a.source, b.source]
    from leg as a
    inner join leg as b on a.quote = b.base
    where a.base = p_base and b.quote = p_quote
  ),

  aged as materialized (
    -- Without settings nothing is fresh, and nothing is tolerated.
    select
      w.*, coalesce(w.as_of >= p_now - s.rate_max_age, false) as is_fresh,
      coalesce(m.rate_tolerance, 0) as tolerance
    from way as w
    left join engine.search_settings as s on true
    left join engine.money_settings as m on true
  )

  select
    w.rate,
    w.as_of,
    case
      when not w.is_fresh then 'exchange_rate_too_old'
      when exists (
        select from aged as o
        where o.is_fresh
          and not o.sources && w.sources
          and greatest(o.rate, w.rate) > least(o.rate, w.rate) * (1 + o.tolerance)
      ) then 'exchange_rates_disagree'
    end
  from aged as w
  order by w.is_fresh desc, w.legs asc, w.as_of desc, w.sources asc
  limit 1;
end;
$$;
comment on function engine.known_rate(text, text, timestamptz) is
  'Returns how much of one currency a unit of another costs, as of when, and, if the '
  'rate must not be spent on, why.';
