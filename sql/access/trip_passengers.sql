-- The traveller decides who flies.
drop policy if exists trip_passengers_owner_all on public.trip_passengers;
create policy trip_passengers_owner_all on public.trip_passengers
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists trip_passengers_authenticated_select on public.trip_passengers;
create policy trip_passengers_authenticated_select on public.trip_passengers
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists trip_passengers_authenticated_insert on public.trip_passengers;
create policy trip_passengers_authenticated_insert on public.trip_passengers
  for insert to authenticated
  with check (user_id = (select engine.signed_in()));

-- Passengers are removed by remove_passenger: the privilege to delete would let a
-- traveller lock the whole table.
drop policy if exists trip_passengers_authenticated_delete on public.trip_passengers;
grant select on public.trip_passengers to authenticated, service_role;
grant insert (user_id, trip_request_id, traveler_profile_id)
  on public.trip_passengers to authenticated, service_role;
