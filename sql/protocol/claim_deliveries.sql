-- Claims messages that are due, as claim_calls claims what is asked of providers. About
-- one trip, each address gets the messages one after the other: the next one waits
-- until the one before it has arrived or never will.
create or replace function engine.claim_deliveries(
  p_worker text, p_operations text[], p_limit integer
)
  returns table (
    call_id bigint,
    epoch integer,
    operation text,
    trip_request_id uuid,
    idempotency_key text,
    marks_sent boolean,
    request jsonb
  )
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_ids bigint[];
begin
  v_ids := array(
    select c.id
    from engine.provider_calls as c
    inner join engine.deliveries as d on c.delivery_id = d.id
    where c.state = 'READY'
      and c.delivery_id is not null
      and c.run_at <= v_now
      and c.operation = any (p_operations)
      and engine.is_claimable(c, v_now)
      and not exists (
        select from engine.deliveries as e
        where e.state = 'OPEN'
          and e.trip_request_id = d.trip_request_id
          and e.channel = d.channel
          and e.endpoint is not distinct from d.endpoint
          and e.id < d.id
      )
    order by c.run_at, c.id
    limit p_limit
    for update of c skip locked
  );
  if v_ids <> '{}' then
    return query
    select
      l.id, l.epoch, l.operation, d.trip_request_id, l.idempotency_key::text,
      false, engine.call_request(l, true, o.provider)
    from engine.lease_calls(p_worker, v_ids, v_now) as l
    inner join engine.operations as o on l.operation = o.operation
    inner join engine.deliveries as d on l.delivery_id = d.id;
  end if;
end;
$$;
comment on function engine.claim_deliveries(text, text[], integer) is
  'Claims due messages of the named operations for a worker, at most so many.';
grant execute on function engine.claim_deliveries(text, text[], integer)
  to skylatch_sidecar;
