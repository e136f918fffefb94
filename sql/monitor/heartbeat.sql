-- A sidecar says it is alive. Where pg_cron has gone silent for three minutes (it is
-- not restarted when its launcher dies on 1.4), the same call stands in for it:
-- recovery and the monitor run from here, at most once a minute, one sidecar at a time.
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
  if exists (
    select from engine.cron_beat as b where b.at > v_now - interval '3 minutes'
  ) then
    return 'pg_cron';
  end if;
  perform engine.recover();
  if not exists (
    select from engine.monitor_runs as r where r.started_at > v_now - interval '10 minutes'
  ) then
    perform engine.run_monitor('sidecar', v_now);
  end if;
  return 'sidecar';
end;
$$;
comment on function engine.heartbeat(text, text) is
  'Records a live sidecar; stands in for a silent pg_cron. Returns who is scheduling.';
grant execute on function engine.heartbeat(text, text) to skylatch_sidecar;
