-- A traveller states and changes their wishes; only the engine writes the columns of
-- state.
drop policy if exists trip_requests_owner_all on public.trip_requests;
create policy trip_requests_owner_all on public.trip_requests
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists trip_requests_authenticated_select on public.trip_requests;
create policy trip_requests_authenticated_select on public.trip_requests
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists trip_requests_authenticated_insert on public.trip_requests;
create policy trip_requests_authenticated_insert on public.trip_requests
  for insert to authenticated
  with check (user_id = (select engine.signed_in()));

drop policy if exists trip_requests_authenticated_update on public.trip_requests;
create policy trip_requests_authenticated_update on public.trip_requests
  for update to authenticated
  using (user_id = (select engine.signed_in()))
  with check (user_id = (select engine.signed_in()));

grant select on public.trip_requests to authenticated, service_role;
-- The list of a trip's wishes: whatever else names them is held to it by a test.
grant
  insert (
    user_id, id, origins, destinations, departure_from, departure_to, return_from,
    return_to, nights_min, nights_max, cabin_class, max_price, currency,
    max_connections, max_duration, carry_on_bags, checked_bags, preferred_airlines,
    payment_method_id, auto_book_enabled, consent_text_version,
    airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after,
    depart_before, arrive_after, arrive_before, return_depart_after,
    return_depart_before, return_arrive_after, return_arrive_before, no_red_eye,
    no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown,
    price_weight, duration_weight, connections_weight, airline_weight, decide_by,
    max_searches, booking_mode, veto_minutes
  ),
  update (
    origins, destinations, departure_from, departure_to, return_from, return_to,
    nights_min, nights_max, cabin_class, max_price, currency, max_connections,
    max_duration, carry_on_bags, checked_bags, preferred_airlines, payment_method_id,
    auto_book_enabled, consent_text_version,
    airlines_only, airlines_never, alliances, layover_min, layover_max, depart_after,
    depart_before, arrive_after, arrive_before, return_depart_after,
    return_depart_before, return_arrive_after, return_arrive_before, no_red_eye,
    no_airport_change, refundable, changeable, max_emissions_kg, accept_unknown,
    price_weight, duration_weight, connections_weight, airline_weight, decide_by,
    max_searches, booking_mode, veto_minutes
  )
  on public.trip_requests to authenticated, service_role;
