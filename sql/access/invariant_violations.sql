-- Written by watch_invariants, read through open_alerts.
drop policy if exists invariant_violations_owner_all on engine.invariant_violations;
create policy invariant_violations_owner_all on engine.invariant_violations
  to skylatch_owner
  using (true)
  with check (true);
