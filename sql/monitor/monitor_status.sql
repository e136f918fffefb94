-- Shows the job as pg_cron sees it beside the ticks as the engine recorded them.
create or replace function engine.monitor_status()
  returns table (
    job text,
    schedule text,
    active boolean,
    run_id bigint,
    started_at timestamptz,
    duration interval,
    started_by text,
    claimed integer,
    skipped integer,
    expired integer,
    searches integer,
    reason text
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_job jsonb := '{}'::jsonb;
begin
  if to_regnamespace('cron') is not null then
    v_job := coalesce(
      engine.change_cron_job('status', 'auto_book_monitor', null, null), '{}'
    );
  end if;
  return query
  select
    'auto_book_monitor',
    v_job ->> 'schedule',
    coalesce((v_job ->> 'active')::boolean, false),
    r.id,
    r.started_at,
    r.finished_at - r.started_at,
    r.started_by,
    r.claimed,
    r.skipped,
    r.expired,
    r.searches,
    r.reason
  from (select 1) as one
  left join (
    select m.* from engine.monitor_runs as m order by m.id desc limit 20
  ) as r on true
  order by r.id desc;
end;
$$;
comment on function engine.monitor_status() is
  'Returns the monitor''s scheduled job beside its last 20 ticks.';
grant execute on function engine.monitor_status() to skylatch_operator, service_role;
