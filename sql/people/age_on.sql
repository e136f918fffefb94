-- Dates are compared as plain days, because a time zone may lack midnight on one of
-- them. The function is inlined where it is called. From PostgreSQL 17 on an age may be
-- infinite, which no whole number is.
create or replace function engine.age_on(p_born_on date, p_day date) returns integer
  language sql immutable parallel safe
return case
  when isfinite(p_born_on) and isfinite(p_day)
  then extract(year from age(p_day::timestamp, p_born_on::timestamp))::integer
end;
comment on function engine.age_on(date, date) is
  'Returns how old a person is on a day, in whole years; null without a date of birth.';
