-- Travellers read who was booked; only the engine writes.
drop policy if exists booking_passengers_owner_all on public.booking_passengers;
create policy booking_passengers_owner_all on public.booking_passengers
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists booking_passengers_authenticated_select
  on public.booking_passengers;
create policy booking_passengers_authenticated_select on public.booking_passengers
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.booking_passengers to authenticated, service_role;
