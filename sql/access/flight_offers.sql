-- Travellers read what was found for them; only the engine writes.
drop policy if exists flight_offers_owner_all on public.flight_offers;
create policy flight_offers_owner_all on public.flight_offers
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists flight_offers_authenticated_select on public.flight_offers;
create policy flight_offers_authenticated_select on public.flight_offers
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.flight_offers to authenticated, service_role;
