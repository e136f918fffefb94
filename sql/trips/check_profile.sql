-- Definer: travellers do not read the table that this trigger counts in.
create or replace function engine.check_profile() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  -- Otherwise row level security refuses it, and nothing is told.
  if engine.may_act_for(new.user_id) then
    perform engine.require_room(new.user_id, 'traveler_profiles');
  end if;
  return new;
end;
$$;
comment on function engine.check_profile() is
  'Trigger that refuses one profile more than a traveller may have.';

create or replace trigger traveler_profiles_room
before insert on public.traveler_profiles
for each row execute function engine.check_profile();
