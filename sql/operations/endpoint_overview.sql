-- Where applications hear of events, and whether they still do. Definer: operators have
-- no table.
create or replace function engine.endpoint_overview()
  returns table (
    endpoint text,
    url text,
    kinds text[],
    secret_no integer,
    former_until timestamptz,
    stopped_because text,
    changed_at timestamptz,
    waiting bigint
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select
    e.name,
    split_part(e.url, '?', 1),
    e.kinds,
    e.secret_no,
    e.former_until,
    e.stopped_because,
    e.changed_at,
    (
      select count(*)
      from engine.deliveries as d where d.endpoint = e.name and d.state = 'OPEN'
    )
  from engine.webhook_endpoints as e
  order by e.name;
end;
$$;
comment on function engine.endpoint_overview() is
  'Lists the endpoints of applications, and why one is stopped.';
grant execute on function engine.endpoint_overview() to skylatch_operator;
