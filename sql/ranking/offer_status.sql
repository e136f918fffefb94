-- An offer has expired when its time is over; the status is computed and never written,
-- because most offers are never read again. The stored status says what was done with
-- the offer: ACTIVE: nothing yet; EXPIRED: the offer was refused when it was to be
-- booked, however long it is still valid.
create or replace function public.offer_status(p_offer public.flight_offers)
  returns text
  language sql stable parallel safe
return case
  when p_offer.status = 'ACTIVE' and p_offer.expires_at <= statement_timestamp()
    then 'EXPIRED'
  else p_offer.status
end;
comment on function public.offer_status(public.flight_offers) is
  'Says whether an offer is ACTIVE, EXPIRED, SELECTED or BOOKED now.';
grant execute on function public.offer_status(public.flight_offers)
  to authenticated, service_role;
