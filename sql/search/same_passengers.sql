-- Passengers are compared by their ids: another offer request gives other ids, even to
-- the same people.
create or replace function engine.same_passengers(p_these jsonb, p_those jsonb)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return array(
    select i.value ->> 'id' from jsonb_array_elements(p_these) as i order by 1
  ) = array(
    select i.value ->> 'id' from jsonb_array_elements(p_those) as i order by 1
  );
end;
$$;
comment on function engine.same_passengers(jsonb, jsonb) is
  'Tells whether two lists of passengers have the same ids.';
