-- Together with engine.version(), this gives the range of sidecars that the database
-- serves. A release serves the sidecars of the release before too: after a deploy,
-- sidecars are replaced one by one.
create or replace function engine.oldest_sidecar() returns text
  language sql stable
return '0.1.0';
comment on function engine.oldest_sidecar() is
  'Returns the oldest version of the sidecar that the code in this database serves.';
grant execute on function engine.oldest_sidecar()
  to skylatch_sidecar, skylatch_operator;
