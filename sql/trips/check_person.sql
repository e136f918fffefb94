-- What an airline would refuse only when the card is held already. The seller takes no
-- ligature and no thorn or eth; passports write them as other letters. The name itself
-- stays out of the error: errors are logged.
create or replace function engine.check_person() returns trigger
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_field text;
begin
  new.given_name := engine.plain_name(new.given_name);
  new.family_name := engine.plain_name(new.family_name);
  v_field := case
    when new.given_name ~ '[ÆæĲĳŒœÞþÐð]' then 'given_name'
    when new.family_name ~ '[ÆæĲĳŒœÞþÐð]' then 'family_name'
    -- Where the day comes first.
    when new.born_on > (clock_timestamp() at time zone 'Pacific/Kiritimati')::date
      then 'born_on'
  end;
  if v_field is not null then
    raise exception using
      errcode = 'SK032',
      message = 'no airline would take this person as written',
      detail = jsonb_build_object('field', v_field),
      column = v_field,
      hint = case v_field
        when 'born_on' then 'Give a birth date that has come.'
        else 'Write the name as in the lines at the foot of the passport: AE for Æ, OE '
          'for Œ, TH for Þ, D for Ð and IJ for Ĳ.'
      end;
  end if;
  return new;
end;
$$;
comment on function engine.check_person() is
  'Writes a profile''s names as a ticket does; raises SK032.';

create or replace trigger traveler_profiles_name
before insert or update of given_name, family_name, born_on on public.traveler_profiles
for each row execute function engine.check_person();
