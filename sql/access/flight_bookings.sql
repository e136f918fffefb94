-- Travellers read what was bought; only the engine writes.
drop policy if exists flight_bookings_owner_all on public.flight_bookings;
create policy flight_bookings_owner_all on public.flight_bookings
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists flight_bookings_authenticated_select on public.flight_bookings;
create policy flight_bookings_authenticated_select on public.flight_bookings
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.flight_bookings to authenticated, service_role;
