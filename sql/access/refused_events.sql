-- Counted by refuse_event.
drop policy if exists refused_events_owner_all on engine.refused_events;
create policy refused_events_owner_all on engine.refused_events
  to skylatch_owner
  using (true)
  with check (true);
