-- Set by operators through set_trace_settings.
drop policy if exists trace_settings_owner_all on engine.trace_settings;
create policy trace_settings_owner_all on engine.trace_settings
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there.
insert into engine.trace_settings default values on conflict do nothing;
