-- Judges each job by its beats. A beat counts while it is fresh; a beat from the far
-- future does not count, because the clock was set back since. pg_cron is missed where
-- it was told to run a job or has run it once. The job itself is missed when nobody did
-- it, unless it was stopped on purpose.
create or replace function engine.job_states(p_now timestamptz)
  returns table (
    job text,
    scheduled_by text,
    is_due boolean,
    is_silent boolean,
    is_cron_silent boolean,
    last_at timestamptz,
    last_cron_at timestamptz,
    stopped_at timestamptz,
    stopped_by text,
    stop_reason text
  )
  language plpgsql stable
as $$
begin
  return query
  select
    s.job,
    case
      when s.is_stopped then 'nobody'
      when s.has_cron then 'pg_cron'
      when s.stands_in then 'sidecar'
      else 'nobody'
    end,
    s.stands_in
    and not s.is_stopped
    and not s.has_cron
    and engine.is_recent(s.last_succeeded_at, s.stand_in_every, p_now) is not true,
    s.stands_in
    and not s.is_stopped
    and engine.is_recent(s.at, s.silent_after, p_now) is not true,
    not s.is_stopped
    and s.cron_at is not null
    and not engine.is_recent(s.cron_at, s.cron_silent_after, p_now),
    s.at,
    s.cron_at,
    s.stopped_at,
    s.stopped_by,
    s.stop_reason
  from (
    select
      j.*,
      b.last_succeeded_at,
      b.stopped_at,
      b.stopped_by,
      b.stop_reason,
      b.stopped_at is not null as is_stopped,
      greatest(b.last_succeeded_at, b.since) as at,
      greatest(b.cron_succeeded_at, b.scheduled_at) as cron_at,
      coalesce(
        engine.is_recent(b.cron_succeeded_at, j.cron_silent_after, p_now), false
      ) as has_cron
    from engine.jobs as j
    left join engine.job_beats as b on b.job = j.job
  ) as s
  order by s.job;
end;
$$;
comment on function engine.job_states(timestamptz) is
  'Returns for each scheduled job who does it, whether it is missed, and who stopped '
  'it.';
