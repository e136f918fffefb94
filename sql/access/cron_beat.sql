-- Written by pg_cron through engine.recover.
drop policy if exists cron_beat_owner_all on engine.cron_beat;
create policy cron_beat_owner_all on engine.cron_beat
  to skylatch_owner
  using (true)
  with check (true);
