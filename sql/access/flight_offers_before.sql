-- Read and written as a part of flight_offers, never by itself.
drop policy if exists flight_offers_before_owner_all on public.flight_offers_before;
create policy flight_offers_before_owner_all on public.flight_offers_before
  to skylatch_owner
  using (true)
  with check (true);
