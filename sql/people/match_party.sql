-- Which traveller takes which of the provider's passenger places. A place that says an
-- age takes only who has that age on the last day, the day by which the search was
-- priced; a place without one takes by its type: an adult, a child, an infant on a lap.
-- What says neither, or both and contradicts itself, takes nobody. Each infant sits on
-- the lap of the n-th adult. Who comes of age on the way is a child until then: on the
-- first day somebody must be of age, and hold each infant. All or nothing: no rows
-- unless everybody has exactly one place, every place its traveller, and no two places
-- are one.
-- Its former signature is another function.
drop function if exists engine.match_party(uuid, uuid, jsonb, date);
create or replace function engine.match_party(
  p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date
) returns table (
  traveler_profile_id uuid,
  passenger_id text,
  infant_passenger_id text
)
  language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  with place as materialized (
    select
      -- However the provider lists them, a place has the same traveller.
      row_number() over (order by i.value ->> 'id' collate "C") as nth,
      nullif(i.value ->> 'id', '') as id,
      (i.value ->> 'age')::integer as age,
      case
        when i.value ->> 'age' is null then case i.value ->> 'type'
          when 'adult' then 'adult'
          when 'child' then 'child'
          when 'infant_without_seat' then 'infant'
        end
        when i.value ->> 'type' = 'adult' and (i.value ->> 'age')::integer < 18
          then null
        when i.value ->> 'type' = 'child' and (i.value ->> 'age')::integer >= 18
          then null
        when i.value ->> 'type' = 'infant_without_seat'
          and (i.value ->> 'age')::integer >= 2 then null
        when (i.value ->> 'age')::integer < 2 then 'infant'
        when (i.value ->> 'age')::integer < 18 then 'child'
        else 'adult'
      end as kind
    from jsonb_array_elements(p_places) as i
  ),

  traveller as materialized (
    select
      t.traveler_profile_id as id,
      t.age,
      case when t.age < 2 then 'infant' when t.age < 18 then 'child' else 'adult' end
        as kind,
      row_number() over (partition by t.age order by t.traveler_profile_id) as nth_of_age,
      -- That a birth date is missing is said elsewhere, and asks the traveller.
      (b.age < 18) is not true as is_grown
    from engine.trip_party(p_user_id, p_trip_id, p_last_day) as t
    inner join engine.trip_party(p_user_id, p_trip_id, p_first_day) as b
      on t.traveler_profile_id = b.traveler_profile_id
  ),

  by_age as materialized (
    select t.id as traveller, t.is_grown, p.id, p.nth, p.kind
    from traveller as t
    inner join (
      select
        p.*,
        row_number() over (partition by p.age order by p.nth) as nth_of_age
      from place as p
      where p.age is not null and p.kind is not null
    ) as p on t.age = p.age and t.nth_of_age = p.nth_of_age
  ),

  taken as materialized (
    select a.traveller, a.is_grown, a.id, a.nth, a.kind
    from by_age as a
    union all
    select t.id, t.is_grown, p.id, p.nth, p.kind
    from (
      select
        t.id,
        t.kind,
        t.is_grown,
        row_number() over (partition by t.kind order by t.id) as nth_of_kind
      from traveller as t
      where t.id not in (select a.traveller from by_age as a)
    ) as t
    inner join (
      select
        p.*,
        row_number() over (partition by p.kind order by p.nth) as nth_of_kind
      from place as p
      where p.age is null
    ) as p on t.kind = p.kind and t.nth_of_kind = p.nth_of_kind
  ),

  seated as (
    select
      t.traveller,
      t.id,
      t.kind,
      t.kind = 'adult' and t.is_grown as is_grown,
      row_number() over (
        partition by t.kind = 'infant', t.kind = 'adult' and t.is_grown order by t.nth
      ) as nth
    from taken as t
  )

  select a.traveller, a.id, l.id
  from seated as a
  left join seated as l on a.is_grown and l.kind = 'infant' and a.nth = l.nth
  where (
      select count(*) = count(distinct p.id) and count(*) = (select count(*) from taken)
      from place as p
    )
    and (select count(*) from traveller) = (select count(*) from taken)
    and greatest((select count(*) from seated as s where s.kind = 'infant'), 1)
    <= (select count(*) from seated as s where s.is_grown)
  order by a.id;
end;
$$;
comment on function engine.match_party(uuid, uuid, jsonb, date, date) is
  'Gives every traveller of a trip a place of an offer; no rows unless all fit.';
