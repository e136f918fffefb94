-- A part of recovery, which no booking waits for. The rows are locked in one order: two
-- runs at once wait for each other, but not in a circle.
create or replace function engine.sum_counters() returns void
  language sql volatile
begin atomic
  with taken as (
    delete from engine.counter_parts as p
    returning p.counter, p.labels, p.value
  )

  insert into engine.counters as c (counter, labels, value)
  select
    t.counter,
    t.labels,
    sum(t.value)
  from taken as t
  group by t.counter, t.labels
  order by t.counter, t.labels
  on conflict (counter, labels) do update
  set value = c.value + excluded.value;
end;
comment on function engine.sum_counters() is
  'Adds the single counts up to one row per counter and labels.';
