-- Written with each line of fare history, read in aggregates across travellers only.
drop policy if exists daily_fares_owner_all on engine.daily_fares;
create policy daily_fares_owner_all on engine.daily_fares
  to skylatch_owner
  using (true)
  with check (true);
