-- What one tick did, for who started it over HTTP. As its owner: nobody but the engine
-- reads the table, and the numbers of a tick name no traveller.
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
  'What a tick did: trips claimed, skipped and expired, searches started, and why not.';
grant execute on function engine.monitor_run(bigint) to skylatch_sidecar;
