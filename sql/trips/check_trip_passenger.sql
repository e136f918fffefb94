-- An airline needs complete data of every passenger; a traveller should learn that now
-- and not after the card was authorized. The trip's version is raised when its party
-- changes, so that a booking in flight notices.
create or replace function engine.check_trip_passenger() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_profile public.traveler_profiles;
  v_missing text;
  v_row public.trip_passengers;
  v_people integer;
  v_status text;
begin
  v_row := case tg_op when 'DELETE' then old else new end;
  if not engine.may_act_for(v_row.user_id) then
    return v_row;  -- row level security refuses it, and nothing is told
  end if;
  if tg_op = 'INSERT' then
    select f.* into v_profile
    from public.traveler_profiles as f
    where f.user_id = new.user_id and f.id = new.traveler_profile_id;
    -- Whether somebody else has a profile of this id is not told.
    if not found then
      raise exception using
        errcode = 'SK008',
        message = 'no such profile of this traveller',
        detail = jsonb_build_object(
          'field', 'traveler_profile_id', 'value', new.traveler_profile_id
        ),
        column = 'traveler_profile_id',
        hint = format(
          'The traveller has no profile %s: name one of traveler_profiles, or add it '
          'first.',
          coalesce(new.traveler_profile_id::text, 'null')
        );
    end if;
    v_missing := case
      when v_profile.born_on is null then 'born_on'
      when v_profile.title is null then 'title'
      when v_profile.gender is null then 'gender'
      when v_profile.email is null then 'email'
      when v_profile.phone_number is null then 'phone_number'
    end;
    if v_missing is not null then
      raise exception using
        errcode = 'SK008',
        message = 'a passenger is not complete',
        detail = jsonb_build_object(
          'field', v_missing, 'traveler_profile_id', new.traveler_profile_id
        ),
        column = v_missing,
        hint = 'Complete the traveller''s profile: airlines need birth date, title, '
          'gender, e-mail and phone number of everybody who flies.';
    end if;
  end if;
  update public.trip_requests as t
  set version = t.version + 1, updated_at = clock_timestamp()
  where t.user_id = v_row.user_id
    and t.id = v_row.trip_request_id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED');
  if not found then
    select t.auto_book_status into v_status
    from public.trip_requests as t
    where t.user_id = v_row.user_id and t.id = v_row.trip_request_id;
    if not found then
      raise exception using
        errcode = 'SK104',
        message = 'no such trip',
        detail = jsonb_build_object('trip', v_row.trip_request_id),
        hint = 'Only the traveller''s own trips can be used.';
    end if;
    raise exception using
      errcode = 'SK103',
      message = 'the trip can no longer be changed',
      detail = jsonb_build_object('trip', v_row.trip_request_id, 'status', v_status),
      hint = engine.status_hint(v_status, false);
  end if;
  -- Under the trip's row lock, which the update above has taken.
  if tg_op = 'INSERT' then
    select count(*) into v_people
    from public.trip_passengers as p
    where p.user_id = new.user_id and p.trip_request_id = new.trip_request_id;
    if v_people >= 9 then
      raise exception using
        errcode = 'SK010',
        message = 'this party cannot be booked together',
        detail = jsonb_build_object('field', 'passengers', 'people', v_people + 1),
        column = 'passengers',
        hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
    end if;
  end if;
  return v_row;
end;
$$;
comment on function engine.check_trip_passenger() is
  'Trigger that refuses a passenger whose data no airline would accept.';

create or replace trigger trip_passengers_check
before insert or delete on public.trip_passengers
for each row execute function engine.check_trip_passenger();
