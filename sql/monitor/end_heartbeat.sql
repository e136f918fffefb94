-- What a sidecar that ends in order says last, so that nobody misses it. Definer: the
-- sidecar has no table.
create or replace function engine.end_heartbeat(p_worker text) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  delete from engine.workers as w where w.worker = p_worker;
end;
$$;
comment on function engine.end_heartbeat(text) is
  'Takes leave of a sidecar that ends in order.';
grant execute on function engine.end_heartbeat(text) to skylatch_sidecar;
