-- Written by a deploy only.
drop policy if exists deployed_objects_owner_all on engine.deployed_objects;
create policy deployed_objects_owner_all on engine.deployed_objects
  to skylatch_owner
  using (true)
  with check (true);
