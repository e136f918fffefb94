-- The same pair of the same source at the same moment again is a correction.
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
  'Puts a rate of the log in force.';
