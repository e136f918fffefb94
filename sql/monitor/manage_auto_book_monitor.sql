-- A stop is a row of ours that says who stopped the monitor, when and why. A deploy
-- keeps the row (cron.sql), and the sidecars that stand in for pg_cron obey it. A
-- second stop changes nothing, so that the first one stays on record. Definer:
-- operators have no rights on tables.
create or replace function engine.manage_auto_book_monitor(p_action text, p_reason text)
  returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text;
  v_job engine.jobs;
  v_cron jsonb;
  v_changed boolean := false;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
  v_reason := nullif(btrim(p_reason), '');
  select j.* into strict v_job from engine.jobs as j where j.job = 'auto_book_monitor';
  if p_action = 'stop' then
    update engine.job_beats as b
    set stopped_at = v_now, stopped_by = engine.caller(), stop_reason = v_reason
    where b.job = v_job.job and b.stopped_at is null;
    v_changed := found;
  elsif p_action = 'start' then
    update engine.job_beats as b
    set stopped_at = null, stopped_by = null, stop_reason = null, since = v_now
    where b.job = v_job.job and b.stopped_at is not null;
    v_changed := found;
  end if;
  if v_changed then
    insert into engine.job_changes (at, job, stopped, reason, set_by)
    values (v_now, v_job.job, p_action = 'stop', v_reason, engine.caller());
    perform engine.ring('skylatch_alerts');
  end if;
  v_cron := engine.change_cron_job(
    p_action, v_job.job, v_job.schedule, v_job.command
  );
  if p_action = 'start' and v_cron is not null then
    update engine.job_beats as b set scheduled_at = v_now where b.job = v_job.job;
  end if;
  return coalesce(
    v_cron, jsonb_build_object('jobname', v_job.job, 'active', false)
  ) || (
    select
      jsonb_build_object(
        'scheduled_by', o.scheduled_by,
        'last_succeeded_at', o.last_succeeded_at,
        'stopped_at', o.stopped_at,
        'stopped_by', o.stopped_by,
        'stop_reason', o.stop_reason
      )
    from engine.job_overview() as o
    where o.job = v_job.job
  );
end;
$$;
comment on function engine.manage_auto_book_monitor(text, text) is
  'Starts, stops or shows the job auto_book_monitor, whether pg_cron or a sidecar runs '
  'it.';
grant execute on function engine.manage_auto_book_monitor(text, text)
  to skylatch_operator, service_role;

create or replace function public.manage_auto_book_monitor(
  p_action text, p_reason text default null
) returns jsonb
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_action = 'trigger' then
    return jsonb_build_object('run', public.auto_book_monitor());
  elsif p_action in ('start', 'stop', 'status') then
    return engine.manage_auto_book_monitor(p_action, p_reason);
  end if;
  raise exception using
    errcode = 'SK012',
    message = 'unknown action',
    detail = jsonb_build_object('field', 'p_action', 'value', left(p_action, 100)),
    column = 'p_action',
    hint = 'Use start, stop, status or trigger.';
end;
$$;
comment on function public.manage_auto_book_monitor(text, text) is
  'Handles the monitor''s job: start, stop (with a reason), status; trigger runs one '
  'tick now.';
grant execute on function public.manage_auto_book_monitor(text, text)
  to skylatch_operator, service_role;
