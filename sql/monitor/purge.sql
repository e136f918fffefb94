-- One batch per run, each its own transaction: it never holds locks for long, however
-- much there is. Every minute of two hours a day makes six million offers. Definer:
-- pg_cron's role has no table.
create or replace function engine.purge() returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return engine.purge_offers(50000, v_now)
    + engine.purge_searches(50000, v_now)
    + engine.purge_events(50000, v_now);
end;
$$;
comment on function engine.purge() is
  'Removes one batch of what is older than it is kept; returns how many rows.';
grant execute on function engine.purge() to skylatch_cron;
