-- Written by watch_invariants.
drop policy if exists invariant_checks_owner_all on engine.invariant_checks;
create policy invariant_checks_owner_all on engine.invariant_checks
  to skylatch_owner
  using (true)
  with check (true);
