-- Reference data, reached through engine functions only.
drop policy if exists metropolitan_areas_owner_all on engine.metropolitan_areas;
create policy metropolitan_areas_owner_all on engine.metropolitan_areas
  to skylatch_owner
  using (true)
  with check (true);
