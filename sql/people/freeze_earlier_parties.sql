-- An attempt from before parties were frozen has no frozen party: its order could not
-- be made, and its flights would not be compared with others. Each deploy freezes the
-- missing parties, in the transaction that installs the functions that read them. A
-- party that cannot be frozen is left alone: the final check stops its order.
create or replace function engine.freeze_earlier_parties() returns integer
  language plpgsql volatile
as $$
declare
  v_attempt public.booking_attempts;
  v_frozen integer;
begin
  insert into engine.booking_attempt_passengers (
    user_id, booking_attempt_id, traveler_profile_id, passenger_id, given_name,
    family_name, title, gender, born_on, email, phone_number, person
  )
  select
    b.user_id, b.booking_attempt_id, f.id, n.passenger_id, w.given_name, w.family_name,
    w.title, w.gender, w.born_on, w.email, w.phone_number,
    engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
  from public.flight_bookings as b
  inner join public.booking_passengers as n
    on b.user_id = n.user_id and b.id = n.flight_booking_id
  inner join public.traveler_profiles as f
    on n.user_id = f.user_id and n.traveler_profile_id = f.id
  -- A profile that was emptied since keeps the person only.
  left join public.traveler_profiles as w
    on w.user_id = f.user_id
    and w.id = f.id
    and num_nonnulls(w.title, w.gender, w.born_on, w.email, w.phone_number) = 5
  where b.status = 'CONFIRMED'
    and f.born_on is not null
    and not exists (
      select from engine.booking_attempt_passengers as p
      where p.user_id = b.user_id and p.booking_attempt_id = b.booking_attempt_id
    );
  get diagnostics v_frozen = row_count;
  for v_attempt in
    select a.*
    from public.booking_attempts as a
    where a.status = 'PENDING'
      and not exists (
        select from engine.booking_attempt_passengers as p
        where p.user_id = a.user_id and p.booking_attempt_id = a.id
      )
  loop
    begin
      perform engine.freeze_party(v_attempt);
      v_frozen := v_frozen + 1;
    exception when others then
      raise warning 'the party of attempt % is not known: % %',
        v_attempt.id, sqlstate, sqlerrm;
    end;
  end loop;
  return v_frozen;
end;
$$;
comment on function engine.freeze_earlier_parties() is
  'Freezes the parties of attempts that began before parties were frozen; returns how '
  'many.';

do $$
begin
  perform engine.freeze_earlier_parties();
end $$;
