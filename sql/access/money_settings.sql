-- Set by operators through set_money_settings.
drop policy if exists money_settings_owner_all on engine.money_settings;
create policy money_settings_owner_all on engine.money_settings
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there.
insert into engine.money_settings default values on conflict do nothing;
