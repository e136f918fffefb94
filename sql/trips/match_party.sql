-- Which traveller takes which of the provider's passenger places. A place that says an
-- age takes only who has that age on the last day, the day by which the search was
-- priced; a place without one takes by its type: an adult, a child, an infant on a lap.
-- What says neither, or both and contradicts itself, takes nobody. Each infant sits on
-- the lap of the n-th adult. All or nothing: no rows unless everybody has exactly one
-- place, every place its traveller, and no two places are one.
create or replace function engine.match_party(
  p_user_id uuid, p_trip_id uuid, p_places jsonb, p_last_day date
) returns table (
  traveler_profile_id uuid,
  passenger_id text,
  infant_passenger_id text
)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
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
      row_number() over (partition by t.age order by t.traveler_profile_id) as nth_of_age
    from engine.trip_party(p_user_id, p_trip_id, p_last_day) as t
  ),

  by_age as materialized (
    select t.id as traveller, p.id, p.nth, p.kind
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
    select a.traveller, a.id, a.nth, a.kind
    from by_age as a
    union all
    select t.id, p.id, p.nth, p.kind
    from (
      select
        t.id,
        t.kind,
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
      row_number() over (partition by t.kind = 'infant' order by t.nth) as nth
    from taken as t
  )

  select a.traveller, a.id, l.id
  from seated as a
  left join seated as l on a.kind = 'adult' and l.kind = 'infant' and a.nth = l.nth
  where (
      select count(*) = count(distinct p.id) and count(*) = (select count(*) from taken)
      from place as p
    )
    and (select count(*) from traveller) = (select count(*) from taken)
    and (select count(*) from seated as s where s.kind = 'infant')
    <= (select count(*) from seated as s where s.kind = 'adult')
  order by a.id;
end;
$$;
comment on function engine.match_party(uuid, uuid, jsonb, date) is
  'Gives every traveller of a trip a place of an offer; no rows unless all fit.';
