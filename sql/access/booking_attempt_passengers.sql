-- Only the engine reads who was to fly, because these are personal data.
drop policy if exists booking_attempt_passengers_owner_all
  on engine.booking_attempt_passengers;
create policy booking_attempt_passengers_owner_all
  on engine.booking_attempt_passengers
  to skylatch_owner
  using (true)
  with check (true);
