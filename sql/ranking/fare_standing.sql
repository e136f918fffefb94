create or replace function engine.fare_standing(p_fare numeric, p_typical numeric)
  returns text
  language sql immutable parallel safe
return case
  when p_fare < 0.95 * p_typical then 'low'
  when p_fare > 1.05 * p_typical then 'high'
  when p_typical is not null then 'typical'
end;
comment on function engine.fare_standing(numeric, numeric) is
  'Says how a fare stands against the typical fare of its search; null when no fare is '
  'typical.';
