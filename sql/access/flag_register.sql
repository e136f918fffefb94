-- The flags that our code asks, as rows; changed by a deploy only.
drop policy if exists flag_register_owner_all on engine.flag_register;
create policy flag_register_owner_all on engine.flag_register
  to skylatch_owner
  using (true)
  with check (true);
