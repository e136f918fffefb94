-- Only what can be read, priced and placed in time goes in; the rest is counted, so
-- that one bad offer never hides the good ones. Whatever storing an offer casts is
-- checked or tried here, and what cannot be cast is an answer, not an error. A jsonpath
-- predicate on a value of another type is unknown, and unknown is not well-formed.
create or replace function engine.is_well_formed_offer(p_offer jsonb) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_segment jsonb;
begin
  if (
    p_offer @@ '
      $.type() == "object"
      && $.id like_regex "^off_\\w+$"
      && $.total_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$"
      && (!exists ($.base_amount) || $.base_amount == null
        || $.base_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
      && (!exists ($.tax_amount) || $.tax_amount == null
        || $.tax_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
      && $.total_currency like_regex "^[A-Z]{3}$"
      && $.expires_at
        like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$"
      && $.owner.iata_code like_regex "^\\w{2,3}$"
      && $.passengers.type() == "array" && $.passengers.size() > 0
      && $.slices.type() == "array" && $.slices.size() > 0
      && (!exists ($.total_emissions_kg) || $.total_emissions_kg == null
        || $.total_emissions_kg like_regex "^\\d{1,9}(\\.\\d{1,9})?$")
      && (!exists ($.passenger_identity_documents_required)
        || $.passenger_identity_documents_required == null
        || $.passenger_identity_documents_required.type() == "boolean")
    '
  ) is not true
    or exists (
      select
      from unnest(
        array['refund_before_departure', 'change_before_departure']
      ) as c (name)
      where (
        coalesce(p_offer #> array['conditions', c.name], '{}') @@ '
          (!exists ($.allowed) || $.allowed == null || $.allowed.type() == "boolean")
          && (!exists ($.penalty_amount) || $.penalty_amount == null
            || $.penalty_amount like_regex "^\\d{1,11}(\\.\\d{1,3})?$")
        '
      ) is not true
    )
    or exists (
      select
      from jsonb_array_elements(p_offer -> 'passengers') as p
      where (
        p.value @@ '
          $.type() == "object" && $.id.type() == "string"
          && (!exists ($.age) || $.age == null
            || ($.age.type() == "number" && $.age >= 0 && $.age < 150
              && $.age == $.age.floor()))
        '
      ) is not true
    )
    or exists (
      select
      from jsonb_array_elements(p_offer -> 'slices') as l
      where (
        l.value @@ '
          $.type() == "object" && $.segments.type() == "array" && $.segments.size() > 0
          && (!exists ($.duration) || $.duration == null || $.duration like_regex
            "^P(\\d{1,3}D)?(T(\\d{1,4}H)?(\\d{1,5}M)?(\\d{1,6}S)?)?$")
        '
      ) is not true
    )
  then
    return false;
  end if;

  for v_segment in
    select g.value
    from jsonb_array_elements(p_offer -> 'slices') as l
    cross join jsonb_array_elements(l.value -> 'segments') as g
  loop
    if (
      v_segment @@ '
        $.type() == "object"
        && $.departing_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$"
        && $.arriving_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$"
        && $.origin.iata_code.type() == "string"
        && $.destination.iata_code.type() == "string"
        && (!exists ($.stops) || $.stops == null || $.stops.type() == "array")
        && $.passengers.type() == "array" && $.passengers.size() > 0
      '
    ) is not true
      or exists (
        select
        from jsonb_array_elements(v_segment -> 'passengers') as p
        cross join jsonb_array_elements(
          coalesce(nullif(p.value -> 'baggages', 'null'), '[]')
        ) as b
        where (
          b.value @@ '
            strict $.quantity >= 0 && $.quantity < 100
            && $.quantity == $.quantity.floor()
          '
        ) is not true
      )
      -- Ours is the better list of time zones; the provider's is for what we lack.
      or exists (
        select
        from unnest(array['origin', 'destination']) as e (name)
        where not exists (
          select from engine.airports as a
          where a.iata = v_segment #>> array[e.name, 'iata_code']
        )
        and ('epoch'::timestamp at time zone (v_segment #>> array[e.name, 'time_zone']))
          is null
      )
    then
      return false;
    end if;
    perform
      (v_segment ->> 'departing_at')::timestamp,
      (v_segment ->> 'arriving_at')::timestamp;
  end loop;
  perform
    (p_offer ->> 'expires_at')::timestamptz,
    (p_offer ->> 'total_amount')::numeric,
    (p_offer ->> 'base_amount')::numeric,
    (p_offer ->> 'tax_amount')::numeric,
    (p_offer ->> 'total_emissions_kg')::numeric,
    (p_offer #>> '{conditions,refund_before_departure,penalty_amount}')::numeric,
    (p_offer #>> '{conditions,change_before_departure,penalty_amount}')::numeric,
    (
      select sum((l.value ->> 'duration')::interval)
      from jsonb_array_elements(p_offer -> 'slices') as l
    );
  return true;
exception when data_exception then
  return false;
end;
$$;
comment on function engine.is_well_formed_offer(jsonb) is
  'Tells whether a provider''s offer has everything that storing it needs.';
