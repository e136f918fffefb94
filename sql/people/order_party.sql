-- An order that leaves a traveller out, or takes one twice, must not be built: this
-- function raises where the offer's places are not the party's.
create or replace function engine.order_party(p_user_id uuid, p_flight_offer_id uuid)
  returns table (
    traveler_profile_id uuid,
    passenger_id text,
    infant_passenger_id text
  )
  language plpgsql stable
as $$
#variable_conflict use_column
declare
  v_offer public.flight_offers;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_user_id
    and o.id = p_flight_offer_id
    and o.day = '9999-12-31';
  return query
  select m.traveler_profile_id, m.passenger_id, m.infant_passenger_id
  from engine.match_party(
    p_user_id, v_offer.trip_request_id, v_offer.passengers,
    coalesce(
      v_offer.asked_on[1],
      v_offer.departs_local[1]::date,
      (v_offer.departs_at at time zone 'UTC')::date
    ),
    coalesce(
      v_offer.asked_on[cardinality(v_offer.asked_on)],
      v_offer.departs_local[cardinality(v_offer.departs_local)]::date,
      (v_offer.departs_at at time zone 'UTC')::date
    )
  ) as m;
  if not found then
    raise exception using
      errcode = 'SK111',
      message = 'the offer''s places are not those of the travellers',
      detail = jsonb_build_object('offer', v_offer.offer_id),
      hint = 'Search again: the party or the offer is another one by now.';
  end if;
end;
$$;
comment on function engine.order_party(uuid, uuid) is
  'Matches a trip''s travellers to the passenger ids of one offer; raises SK111.';
