-- Set by operators through set_message_settings.
drop policy if exists message_settings_owner_all on engine.message_settings;
create policy message_settings_owner_all on engine.message_settings
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there.
insert into engine.message_settings default values on conflict do nothing;
