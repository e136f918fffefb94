create or replace function engine.sum_flag_usage() returns void
  language sql volatile
begin atomic
  with taken as (
    delete from engine.flag_usage_parts as p
    returning p.day, p.flag, p.variation, p.reason, p.evaluations
  )

  insert into engine.flag_usage as u (day, flag, variation, reason, evaluations)
  select
    t.day,
    t.flag,
    t.variation,
    t.reason,
    sum(t.evaluations)
  from taken as t
  group by t.day, t.flag, t.variation, t.reason
  order by t.day, t.flag, t.variation, t.reason
  on conflict (day, flag, variation, reason) do update
  set evaluations = u.evaluations + excluded.evaluations;
end;
comment on function engine.sum_flag_usage() is
  'Adds the recorded counts of flag usage up to one row per day, flag, variation and '
  'reason.';
