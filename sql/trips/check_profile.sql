-- Facts that no airline takes are refused where they are said: told by a search that is
-- refused, or after the card was authorized, they would be told late, and some cannot
-- be counted with ('infinity' has no age). What was there before is left alone until it
-- is changed. Definer: what is counted under is not for travellers.
create or replace function engine.check_profile() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_field text;
begin
  -- Otherwise row level security refuses it, and nothing is told.
  if not engine.may_act_for(new.user_id) then
    return new;
  end if;
  v_field := case
    -- Nowhere is it later than a day after UTC's.
    when new.born_on > (clock_timestamp() at time zone 'UTC')::date + 1
      and (tg_op = 'INSERT' or new.born_on is distinct from old.born_on)
      then 'born_on'
    -- Controls, and what is not seen or turns the text around.
    when new.email ~ '[\u0001-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]'
      and (tg_op = 'INSERT' or new.email is distinct from old.email)
      then 'email'
  end;
  if v_field is not null then
    raise exception using
      errcode = 'SK030',
      message = 'a traveller''s profile says what cannot be',
      detail = jsonb_build_object('field', v_field),
      column = v_field,
      hint = case v_field
        when 'born_on' then 'Give a birth date that is not in the future.'
        else 'Give an e-mail address without invisible characters.'
      end;
  end if;
  if tg_op = 'INSERT' then
    perform engine.require_room(new.user_id, 'traveler_profiles');
  end if;
  return new;
end;
$$;
comment on function engine.check_profile() is
  'Refuses facts that no airline takes, and one profile more than one may have.';

create or replace trigger traveler_profiles_room
before insert or update of born_on, email on public.traveler_profiles
for each row execute function engine.check_profile();
