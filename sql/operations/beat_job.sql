-- The last thing a job does: it commits with the job's work, and a job that fails
-- leaves no beat. Where there was nothing to do, or more is left to be done, only
-- pg_cron is known to be alive. The clock, not the caller, says when. Who finds the row
-- locked does not wait: somebody else is beating. Definer: pg_cron's role has no table.
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
  'Says that a job did its work (true), or was there and had none (false).';
grant execute on function engine.beat_job(text, boolean) to skylatch_cron;
