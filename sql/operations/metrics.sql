-- Everything that the database knows for /metrics, in one round trip; docs/metrics.md
-- says what each metric means. No metric names a person. Definer: the sidecar has no
-- rights on tables.
create or replace function engine.metrics()
  returns table (name text, labels jsonb, value numeric)
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return query select m.* from engine.counter_metrics() as m;
  return query select m.* from engine.work_metrics(v_now) as m;
  return query select m.* from engine.watch_metrics(v_now) as m;
  return query select m.* from engine.switch_metrics(v_now) as m;
  return query
  select
    'skylatch_engine_info', jsonb_build_object('version', engine.version()), 1::numeric;
end;
$$;
comment on function engine.metrics() is
  'Returns every metric that the database knows: name, labels, value.';
grant execute on function engine.metrics() to skylatch_sidecar, skylatch_operator;
