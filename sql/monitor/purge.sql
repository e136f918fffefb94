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
  v_batch constant integer := 50000;
  v_removed integer[];
begin
  v_removed := array[
    engine.purge_offers(v_batch, v_now),
    engine.purge_searches(v_batch, v_now),
    engine.purge_events(v_batch, v_now),
    engine.purge_spans(v_batch, v_now)
  ];
  -- A full batch leaves more behind it: the day's work is not done yet.
  perform engine.beat_job('purge', v_batch > all (v_removed));
  return (select sum(n) from unnest(v_removed) as r (n));
end;
$$;
comment on function engine.purge() is
  'Removes one batch of what is older than it is kept; returns how many rows.';
grant execute on function engine.purge() to skylatch_cron;
