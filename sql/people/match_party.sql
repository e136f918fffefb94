-- Decides which traveller takes which of the provider's passenger places. A place that
-- states an age takes only a traveller who has that age on the last day, the day by
-- which the search was priced. A place without an age goes by its type: an adult, a
-- child, an infant on a lap. A place that states neither, or states both and
-- contradicts itself, takes nobody. Each infant sits on the lap of the n-th adult. A
-- traveller who comes of age during the journey is a child until then: on the first day
-- somebody must be of age, and hold each infant. All or nothing: no rows unless every
-- traveller has exactly one place, every place has its traveller, and no two places are
-- one.
create or replace function engine.match_party(
  p_user_id uuid, p_trip_id uuid, p_places jsonb, p_first_day date, p_last_day date
) returns table (
  traveler_profile_id uuid,
  passenger_id text,
  infant_passenger_id text
)
  language plpgsql stable
as $$
declare
  -- The places in the order of their ids: however the provider lists them, a place has
  -- the same traveller.
  v_ids text[];
  v_ages integer[];
  v_kinds text[];
  v_all_differ boolean;
  -- Who takes each place, and whether they are of age from the first day on.
  v_takers uuid[];
  v_grown boolean[];
  v_traveller uuid;
  v_age integer;
  v_is_grown boolean;
  v_kind text;
  v_place integer;
  v_infants text[] := '{}'::text[];
  v_lap integer := 0;
begin
  select
    array_agg(p.id order by p.id),
    array_agg(p.age order by p.id),
    array_agg(p.kind order by p.id),
    count(distinct p.id) = count(*)
  into v_ids, v_ages, v_kinds, v_all_differ
  from (
    select
      nullif(i.value ->> 'id', '') collate "C" as id,
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
  ) as p;
  if not v_all_differ or v_ids is null then
    return;
  end if;

  for v_traveller, v_age, v_is_grown in
    select
      t.traveler_profile_id,
      engine.age_on(f.born_on, p_last_day),
      -- That a birth date is missing is said elsewhere, and asks the traveller.
      (engine.age_on(f.born_on, p_first_day) < 18) is not true
    from public.trip_passengers as t
    inner join public.traveler_profiles as f
      on t.user_id = f.user_id and t.traveler_profile_id = f.id
    where t.user_id = p_user_id and t.trip_request_id = p_trip_id
    order by t.traveler_profile_id
  loop
    v_kind := case
      when v_age < 2 then 'infant'
      when v_age < 18 then 'child'
      else 'adult'
    end;
    v_place := null;
    for v_no in 1..cardinality(v_ids) loop
      continue when v_takers[v_no] is not null;
      if v_ages[v_no] = v_age and v_kinds[v_no] = v_kind then
        v_place := v_no;
        exit;
      elsif v_ages[v_no] is null and v_kinds[v_no] = v_kind and v_place is null then
        v_place := v_no;
      end if;
    end loop;
    if v_place is null then
      return;  -- nobody stays at home
    end if;
    v_takers[v_place] := v_traveller;
    v_grown[v_place] := v_kind = 'adult' and v_is_grown;
  end loop;

  for v_no in 1..cardinality(v_ids) loop
    if v_takers[v_no] is null then
      return;  -- nobody else is taken along
    end if;
    v_lap := v_lap + v_grown[v_no]::integer;
    if v_kinds[v_no] = 'infant' then
      v_infants := v_infants || v_ids[v_no];
    end if;
  end loop;
  if v_lap < greatest(cardinality(v_infants), 1) then
    return;
  end if;
  v_lap := 0;
  for v_no in 1..cardinality(v_ids) loop
    traveler_profile_id := v_takers[v_no];
    passenger_id := v_ids[v_no];
    infant_passenger_id := null;
    if v_grown[v_no] then
      v_lap := v_lap + 1;
      infant_passenger_id := v_infants[v_lap];
    end if;
    return next;
  end loop;
end;
$$;
comment on function engine.match_party(uuid, uuid, jsonb, date, date) is
  'Gives every traveller of a trip a place of an offer; returns no rows unless all of '
  'them fit.';
