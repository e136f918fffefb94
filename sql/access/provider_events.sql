-- Written by receive_events and apply_events only.
drop policy if exists provider_events_owner_all on engine.provider_events;
create policy provider_events_owner_all on engine.provider_events
  to skylatch_owner
  using (true)
  with check (true);
