-- What an order says of a person is part of the trip. So a change of a profile changes
-- the trips on which that person flies, and a booking in flight notices by the trip's
-- version. The trips are locked in the order of their ids, as everywhere. The trigger
-- runs before the change, so that the change waits for a booking that is just being
-- decided. Definer: travellers do not write the version.
create or replace function engine.note_changed_person() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform from public.trip_passengers as p
  inner join public.trip_requests as t
    on p.user_id = t.user_id and p.trip_request_id = t.id
  where p.user_id = old.user_id
    and p.traveler_profile_id = old.id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED')
  order by t.id
  for no key update of t;
  update public.trip_requests as t
  set version = t.version + 1, updated_at = clock_timestamp()
  from public.trip_passengers as p
  where p.user_id = old.user_id
    and p.traveler_profile_id = old.id
    and t.user_id = p.user_id
    and t.id = p.trip_request_id
    and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED');
  return new;
end;
$$;
comment on function engine.note_changed_person() is
  'Trigger that raises the version of the trips on which a changed person flies.';

create or replace trigger traveler_profiles_person
before update on public.traveler_profiles
for each row
when (
  (
    old.given_name, old.family_name, old.title, old.gender, old.born_on, old.email,
    old.phone_number
  ) is distinct from (
    new.given_name, new.family_name, new.title, new.gender, new.born_on, new.email,
    new.phone_number
  )
)
execute function engine.note_changed_person();
