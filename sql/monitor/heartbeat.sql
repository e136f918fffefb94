-- A sidecar reports that it is alive, and is told who does each scheduled job: pg_cron
-- or, where pg_cron is silent, the sidecars. (pg_cron 1.4 is not restarted when its
-- launcher dies.)
create or replace function engine.heartbeat(p_worker text, p_version text)
  returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into engine.workers as w (worker, version, seen_at)
  values (p_worker, p_version, v_now)
  on conflict (worker) do update
  set version = excluded.version, seen_at = excluded.seen_at;
  delete from engine.workers as w where w.seen_at < v_now - interval '1 day';
  -- A silent pg_cron may be looking for a server that is gone. A heartbeat counts even
  -- where pg_cron is too broken to be asked.
  if exists (
    select from engine.job_states(v_now) as s where s.is_cron_silent
  ) then
    begin
      perform engine.follow_cron_node();
    exception when others then
      raise warning 'pg_cron cannot be asked: %', sqlerrm;
    end;
  end if;
  return (
    select string_agg(format('%s: %s', s.job, s.scheduled_by), ', ' order by s.job)
    from engine.job_states(v_now) as s
  );
end;
$$;
comment on function engine.heartbeat(text, text) is
  'Records that a sidecar is alive; returns who does each scheduled job.';
grant execute on function engine.heartbeat(text, text) to skylatch_sidecar;
