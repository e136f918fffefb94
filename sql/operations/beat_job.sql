-- A job calls this function last. The beat commits with the job's work, so that a job
-- that fails leaves no beat. A job that had nothing to do, or that leaves work for its
-- next run, only shows that pg_cron is alive. The time is the clock's, not the
-- caller's. If the row is locked, this function does nothing: another session is
-- writing a beat. Definer: pg_cron's role has no rights on tables.
create or replace function engine.beat_job(p_job text, p_done boolean) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.job_beats as b
  set
    last_succeeded_at = case when p_done then v_now else b.last_succeeded_at end,
    last_succeeded_by = case
      when p_done then session_user::text else b.last_succeeded_by
    end,
    cron_succeeded_at = case
      when session_user = 'skylatch_cron' then v_now else b.cron_succeeded_at
    end
  from (
    select f.job
    from engine.job_beats as f
    where f.job = p_job
    for no key update skip locked
  ) as free
  where b.job = free.job;
end;
$$;
comment on function engine.beat_job(text, boolean) is
  'Records that a job did its work (true), or that it ran and had none (false).';
grant execute on function engine.beat_job(text, boolean) to skylatch_cron;
