-- That an offer has expired is seen by its time, and written nowhere: most offers are
-- never read again. What is stored says what was done with it: ACTIVE is nothing yet;
-- EXPIRED is an offer that was refused when it was booked, however long it still runs.
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
