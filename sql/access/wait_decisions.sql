-- Written by decide_trip, read through explain_trip.
drop policy if exists wait_decisions_owner_all on engine.wait_decisions;
create policy wait_decisions_owner_all on engine.wait_decisions
  to skylatch_owner
  using (true)
  with check (true);
