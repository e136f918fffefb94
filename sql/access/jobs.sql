-- The schedule as rows; changed by a deploy only.
drop policy if exists jobs_owner_all on engine.jobs;
create policy jobs_owner_all on engine.jobs
  to skylatch_owner
  using (true)
  with check (true);
