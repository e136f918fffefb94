-- A sidecar that stops in order calls this last, so that no alert misses it. Definer:
-- the sidecar has no rights on tables.
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
  'Removes the record of a sidecar that stops in order.';
grant execute on function engine.end_heartbeat(text) to skylatch_sidecar;
