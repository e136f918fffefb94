-- Only the newest rate of a pair and source needs a decision, and only while it is
-- young enough to be used. So an operator answers a wrong rate by giving the right one.
-- Definer: operators have no rights on tables.
create or replace function engine.waiting_exchange_rates()
  returns table (
    change_id bigint,
    base text,
    quote text,
    rate numeric,
    last_rate numeric,
    source text,
    as_of timestamptz,
    given_by text,
    reason text
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.id, c.base, c.quote, c.rate, c.last_rate, c.source, c.as_of, c.actor, c.reason
  from engine.exchange_rate_changes as c
  cross join engine.search_settings as s
  where c.action = 'HELD'
    and c.as_of >= clock_timestamp() - s.rate_max_age
    and not exists (
      select from engine.exchange_rate_changes as o where o.confirms = c.id
    )
    and not exists (
      select from engine.exchange_rates as r
      where r.base = c.base
        and r.quote = c.quote
        and r.source = c.source
        and r.as_of > c.as_of
    )
  order by c.id;
end;
$$;
comment on function engine.waiting_exchange_rates() is
  'Lists the exchange rates that wait for a second person.';
grant execute on function engine.waiting_exchange_rates() to skylatch_operator;
