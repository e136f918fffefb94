-- Written when both scans after a restore are done.
drop policy if exists history_owner_all on engine.history;
create policy history_owner_all on engine.history
  to skylatch_owner
  using (true)
  with check (true);
