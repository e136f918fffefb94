-- Sidecar and database compare versions first: a sidecar refuses to work with a
-- database whose version does not fit its own.
create or replace function engine.version() returns text
  language sql stable
return '0.1.0';
comment on function engine.version() is
  'Returns the version of the code in this database.';
grant execute on function engine.version() to skylatch_sidecar, skylatch_operator;
