-- The newest consent of a trip must cover what would be bought now. A consent also
-- covers less than was agreed to: a lower limit needs no new consent.
create or replace function engine.consent_problem(p_trip public.trip_requests)
  returns text
  language plpgsql stable
as $$
declare
  v_consent public.consents;
begin
  select c.* into v_consent
  from public.consents as c
  where c.user_id = p_trip.user_id and c.trip_request_id = p_trip.id
  order by c.id desc
  limit 1;
  return case
    when v_consent.id is null
      or v_consent.text_version is distinct from p_trip.consent_text_version
      then 'this trip'
    when v_consent.currency <> p_trip.currency then 'the currency'
    when v_consent.max_price < p_trip.max_price then 'the highest price'
    when v_consent.payment_method_id is distinct from p_trip.payment_method_id
      then 'the card'
    when v_consent.party <> engine.consent_party(p_trip.user_id, p_trip.id)
      then 'who flies'
  end;
end;
$$;
comment on function engine.consent_problem(public.trip_requests) is
  'Names the part of a trip that its traveller has not agreed to; null when all of it '
  'is agreed to.';
