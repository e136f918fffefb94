-- Set by operators through set_traveller_limits.
drop policy if exists traveller_limits_owner_all on engine.traveller_limits;
create policy traveller_limits_owner_all on engine.traveller_limits
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there.
insert into engine.traveller_limits default values on conflict do nothing;
