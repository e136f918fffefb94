-- Checks the party as a whole, for callers who may act for the trip: nobody else may
-- learn who flies.
create or replace function engine.check_trip_party(p_user_id uuid, p_trip_id uuid)
  returns void
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if engine.may_act_for(p_user_id) then
    perform engine.check_party(p_user_id, p_trip_id);
  end if;
end;
$$;
comment on function engine.check_trip_party(uuid, uuid) is
  'Raises SK008 or SK010 unless the caller''s trip has a party that can fly together.';
grant execute on function engine.check_trip_party(uuid, uuid)
  to authenticated, service_role;
