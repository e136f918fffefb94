-- Definer as pg_cron's role, which sees and deletes the records of its own jobs only.
-- pg_cron is looked up when this function is called, so that the function exists in a
-- database without pg_cron too.
create or replace function engine.purge_cron_log() returns void
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  delete from cron.job_run_details as d
  where d.status in ('succeeded', 'failed')
    and coalesce(d.end_time, d.start_time, '-infinity')
    < clock_timestamp() - interval '7 days';
  perform engine.beat_job('purge_cron_log', true);
end;
$$;
comment on function engine.purge_cron_log() is
  'Removes pg_cron''s records older than a week.';
grant execute on function engine.purge_cron_log() to skylatch_cron;
