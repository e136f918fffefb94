-- Written by the jobs and by those who stop a job; read through engine.job_overview.
drop policy if exists job_beats_owner_all on engine.job_beats;
create policy job_beats_owner_all on engine.job_beats
  to skylatch_owner
  using (true)
  with check (true);
