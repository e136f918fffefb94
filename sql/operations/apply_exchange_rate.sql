-- A second rate of the same pair, from the same source and for the same moment, is a
-- correction and replaces the first.
create or replace function engine.apply_exchange_rate(p_change_id bigint) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.exchange_rates as r (base, quote, as_of, rate, source)
  select c.base, c.quote, c.as_of, c.rate, c.source
  from engine.exchange_rate_changes as c
  where c.id = p_change_id
  on conflict (base, quote, source, as_of) do update set rate = excluded.rate;
end;
$$;
comment on function engine.apply_exchange_rate(bigint) is
  'Puts a recorded exchange rate in force.';
