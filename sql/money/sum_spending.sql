-- A part of recovery, which no booking waits for. A reader meanwhile sees each amount
-- once: as a single row, or in its day.
create or replace function engine.sum_spending() returns void
  language sql volatile
begin atomic
  with taken as (
    delete from engine.spent_parts as p
    returning p.day, p.currency, p.amount
  )

  insert into engine.spent_days as d (day, currency, amount)
  select
    t.day,
    t.currency,
    sum(t.amount)
  from taken as t
  group by t.day, t.currency
  order by t.day, t.currency
  on conflict (day, currency) do update
  set amount = d.amount + excluded.amount;
end;
comment on function engine.sum_spending() is
  'Adds the recorded spending up to one row per day and currency.';
