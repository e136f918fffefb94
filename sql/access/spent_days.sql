-- Added to by engine.sum_spending.
drop policy if exists spent_days_owner_all on engine.spent_days;
create policy spent_days_owner_all on engine.spent_days
  to skylatch_owner
  using (true)
  with check (true);
