-- A sidecar does one job in place of pg_cron. Each job has a transaction of its own, so
-- that a job that fails or is slow keeps no other from being done. No job runs twice at
-- once: the lock is held until the commit that shows the beat, and whether the job is
-- due is checked under the lock. Definer: the sidecar has no rights on tables.
create or replace function engine.stand_in(p_job text) returns boolean
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  -- 'stand_in' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302028, hashtext(p_job)) then
    return false;
  elsif not exists (
    select from engine.job_states(clock_timestamp()) as s
    where s.job = p_job and s.is_due
  ) then
    return false;
  end if;
  case p_job
    when 'auto_book_monitor' then
      perform engine.run_monitor('sidecar', clock_timestamp());
    when 'recover' then
      perform engine.recover();
    when 'watch_invariants' then
      perform engine.watch_invariants();
    when 'purge' then
      perform engine.purge();
    else
      raise exception using
        errcode = 'SK310',
        message = 'nobody knows how to stand in for this job',
        detail = jsonb_build_object('job', p_job),
        hint = 'Add it to engine.stand_in, or say in engine.jobs that nobody stands in.';
  end case;
  return true;
end;
$$;
comment on function engine.stand_in(text) is
  'Does a due job in place of pg_cron; returns false when the job is not due or is '
  'under way.';
grant execute on function engine.stand_in(text) to skylatch_sidecar;
