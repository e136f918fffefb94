-- Written when calls are settled, read when they are claimed.
drop policy if exists breakers_owner_all on engine.breakers;
create policy breakers_owner_all on engine.breakers
  to skylatch_owner
  using (true)
  with check (true);
