-- Whether anything can be stored, learned as work would learn it: a row that needs a
-- new page of the disk is written and removed. Raises what the server says: 25006 on a
-- standby or where sessions are read-only, 53100 where the disk is full. Definer: the
-- sidecar has no table.
create or replace function engine.probe_write() returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  insert into engine.write_probe (at, filler)
  values (clock_timestamp(), repeat('-', 7000))
  on conflict (at) do nothing;
  delete from engine.write_probe as p;
end;
$$;
comment on function engine.probe_write() is
  'Writes a page and removes it; raises what keeps the database from storing anything.';
grant execute on function engine.probe_write() to skylatch_sidecar;
