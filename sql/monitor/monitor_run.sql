-- Tells the caller who started a tick over HTTP what the tick did. Definer: only the
-- engine reads the table. The numbers of a tick name no traveller.
create or replace function engine.monitor_run(p_run_id bigint)
  returns table (
    claimed integer,
    skipped integer,
    expired integer,
    searches integer,
    reason text
  )
  language sql stable
  security definer
begin atomic
  select
    r.claimed,
    r.skipped,
    r.expired,
    r.searches,
    r.reason
  from engine.monitor_runs as r
  where r.id = p_run_id;
end;
comment on function engine.monitor_run(bigint) is
  'Returns what a tick did: trips claimed, skipped and expired, searches started, and '
  'the reason where it did nothing.';
grant execute on function engine.monitor_run(bigint) to skylatch_sidecar;
