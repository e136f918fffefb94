-- Learns whether the database can store anything in the way that real work would: a row
-- that needs a new page of the disk is written and removed. The server's own error is
-- raised: 25006 on a standby or where sessions are read-only, 53100 where the disk is
-- full. Definer: the sidecar has no rights on tables.
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
  'Writes a page and removes it; raises the server''s error when nothing can be '
  'stored.';
grant execute on function engine.probe_write() to skylatch_sidecar;
