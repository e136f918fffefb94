-- Append-only: the owner may add and read, nobody may change.
drop policy if exists job_changes_owner_all on engine.job_changes;
create policy job_changes_owner_all on engine.job_changes
  to skylatch_owner
  using (true)
  with check (true);
