-- Code, not data: the rows are in webhooks/event_effects.sql.
drop policy if exists event_effects_owner_all on engine.event_effects;
create policy event_effects_owner_all on engine.event_effects
  to skylatch_owner
  using (true)
  with check (true);
