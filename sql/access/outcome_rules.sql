-- The saga as rows; changed by a deploy only.
drop policy if exists outcome_rules_owner_all on engine.outcome_rules;
create policy outcome_rules_owner_all on engine.outcome_rules
  to skylatch_owner
  using (true)
  with check (true);
