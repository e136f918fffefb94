-- Read and written as a part of flight_offers, never by itself.
drop policy if exists flight_offers_other_owner_all on public.flight_offers_other;
create policy flight_offers_other_owner_all on public.flight_offers_other
  to skylatch_owner
  using (true)
  with check (true);
