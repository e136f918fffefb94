-- Written by engine.set_kill_switch only.
drop policy if exists kill_switch_owner_all on engine.kill_switch;
create policy kill_switch_owner_all on engine.kill_switch
  to skylatch_owner
  using (true)
  with check (true);
-- The one row is always there: a switch that is missing counts as engaged.
insert into engine.kill_switch default values on conflict do nothing;
