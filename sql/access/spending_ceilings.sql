-- Set by operators through set_spending_ceiling; no traveller may write or lift one.
drop policy if exists spending_ceilings_owner_all on engine.spending_ceilings;
create policy spending_ceilings_owner_all on engine.spending_ceilings
  to skylatch_owner
  using (true)
  with check (true);
