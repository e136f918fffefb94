-- Lists who flies as Duffel wants it: an adult by type, anybody younger by age on the
-- day of the last flight. Infants sit on the lap of the n-th adult.
create or replace function engine.trip_party(
  p_user_id uuid, p_trip_id uuid, p_last_day date
) returns table (
  traveler_profile_id uuid,
  age integer,
  -- Null for an adult: the key that Duffel's own passenger list is matched by.
  child_age integer,
  -- Position among those of the same child_age.
  place bigint
)
  language sql stable parallel safe
begin atomic
  with party as (
    select
      f.id,
      engine.age_on(f.born_on, p_last_day) as age
    from public.trip_passengers as p
    inner join public.traveler_profiles as f
      on p.user_id = f.user_id and p.traveler_profile_id = f.id
    where p.user_id = p_user_id and p.trip_request_id = p_trip_id
  ),

  keyed as (
    select
      party.id,
      party.age,
      case when party.age < 18 then party.age end as child_age
    from party
  )

  select
    k.id,
    k.age,
    k.child_age,
    row_number() over (partition by k.child_age order by k.id)
  from keyed as k;
end;
comment on function engine.trip_party(uuid, uuid, date) is
  'Lists a trip''s passengers with their ages on its last day.';
