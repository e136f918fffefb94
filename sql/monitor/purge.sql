-- Each run removes one batch in a transaction of its own, so that it never holds locks
-- for long, however much there is. A run every minute of two hours a day can remove six
-- million rows. Definer: pg_cron's role has no rights on tables.
create or replace function engine.purge() returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  -- Two hours of runs can remove eight times what a day of searches leaves.
  v_batch constant integer := (
    select greatest(50000, 100 * s.searches_per_minute) from engine.search_settings as s
  );
  v_removed integer[];
  v_is_done boolean;
begin
  v_removed := array[
    engine.purge_searches(v_batch, v_now),
    engine.purge_events(v_batch, v_now),
    engine.purge_spans(v_batch, v_now),
    engine.purge_messages(v_batch, v_now),
    engine.purge_offers(v_batch, v_now)
  ];
  -- Last, because until the commit it keeps everybody else from the table.
  v_is_done := engine.drop_offer_days(v_now);
  -- After a full batch more is left: the day's work is not done yet.
  perform engine.beat_job('purge', v_is_done and v_batch > all (v_removed));
  return (select sum(n) from unnest(v_removed) as r (n));
end;
$$;
comment on function engine.purge() is
  'Removes one batch of rows that are older than they are kept; returns how many rows.';
grant execute on function engine.purge() to skylatch_cron;
