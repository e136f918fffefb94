-- Append-only: the owner may add and read, nobody may change.
drop policy if exists booking_events_owner_all on engine.booking_events;
create policy booking_events_owner_all on engine.booking_events
  to skylatch_owner
  using (true)
  with check (true);
