-- As it was stored, or turned round, or by way of a third currency, because a bank's
-- list has one base. What is fresh comes first, then the shorter way, then the newer.
create or replace function engine.find_rate(
  p_base text, p_quote text, p_now timestamptz
) returns table (rate numeric, as_of timestamptz, is_fresh boolean)
  language sql stable
begin atomic
  with stored as (
    select distinct on (r.base, r.quote)
      r.base,
      r.quote,
      r.rate,
      r.as_of
    from engine.exchange_rates as r
    where r.as_of <= p_now
      and (r.base in (p_base, p_quote) or r.quote in (p_base, p_quote))
    order by r.base asc, r.quote asc, r.as_of desc
  ),

  leg as (
    select
      s.base,
      s.quote,
      s.rate,
      s.as_of
    from stored as s
    union all
    select
      s.quote,
      s.base,
      1 / s.rate,
      s.as_of
    from stored as s
  ),

  way as (
    select
      l.rate,
      l.as_of,
      1 as legs
    from leg as l
    where l.base = p_base and l.quote = p_quote
    union all
    select
      a.rate * b.rate,
      least(a.as_of, b.as_of),
      2
    from leg as a
    inner join leg as b on a.quote = b.base
    where a.base = p_base and b.quote = p_quote
  )

  select
    w.rate,
    w.as_of,
    -- Without settings nothing is fresh.
    coalesce(w.as_of >= p_now - s.rate_max_age, false) as is_fresh
  from way as w
  left join engine.search_settings as s on true
  order by is_fresh desc, w.legs asc, w.as_of desc
  limit 1;
end;
comment on function engine.find_rate(text, text, timestamptz) is
  'Says how much of one currency a unit of another costs, as of when, and whether that '
  'is recent enough to spend money on.';
