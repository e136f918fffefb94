-- Set by operators through set_search_settings.
drop policy if exists search_settings_owner_all on engine.search_settings;
create policy search_settings_owner_all on engine.search_settings
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there.
insert into engine.search_settings default values on conflict do nothing;
