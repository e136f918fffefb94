-- A traveller states and changes what they want; every state column is the engine's.
drop policy if exists trip_requests_owner_all on public.trip_requests;
create policy trip_requests_owner_all on public.trip_requests
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists trip_requests_authenticated_select on public.trip_requests;
create policy trip_requests_authenticated_select on public.trip_requests
  for select to authenticated
  using (user_id = (select auth.uid()));

drop policy if exists trip_requests_authenticated_insert on public.trip_requests;
create policy trip_requests_authenticated_insert on public.trip_requests
  for insert to authenticated
  with check (user_id = (select auth.uid()));

drop policy if exists trip_requests_authenticated_update on public.trip_requests;
create policy trip_requests_authenticated_update on public.trip_requests
  for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

grant select on public.trip_requests to authenticated, service_role;
grant
  insert (
    user_id, id, origins, destinations, departure_from, departure_to, return_from,
    return_to, nights_min, nights_max, cabin_class, max_price, currency,
    max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines,
    payment_method_id, auto_book_enabled, consent_text_version
  ),
  update (
    origins, destinations, departure_from, departure_to, return_from, return_to,
    nights_min, nights_max, cabin_class, max_price, currency, max_connections,
    max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id,
    auto_book_enabled, consent_text_version
  )
  on public.trip_requests to authenticated, service_role;
