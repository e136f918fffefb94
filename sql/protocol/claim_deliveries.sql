-- Claims messages that are due, as claim_calls claims what is asked of providers. About
-- one trip, each address gets the messages one after the other: the next one waits
-- until the one before it has arrived or never will. An endpoint has two deliveries
-- under way at the most, so that a slow application keeps nobody else's waiting.
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
    select n.id
    from (
      select w.name, 2 as most
      from engine.webhook_endpoints as w where w.stopped_because is null
      union all
      select null, p_limit
    ) as e
    cross join lateral (
      select c.id, c.run_at
      from engine.provider_calls as c
      inner join engine.deliveries as d on c.delivery_id = d.id
      where c.state = 'READY'
        and c.delivery_id is not null
        and c.run_at <= v_now
        and c.operation = any (p_operations)
        and d.endpoint is not distinct from e.name
        and not exists (
          select from engine.deliveries as f
          where f.state = 'OPEN'
            and f.trip_request_id = d.trip_request_id
            and f.channel = d.channel
            and f.endpoint is not distinct from d.endpoint
            and f.id < d.id
        )
      order by c.run_at, c.id
      limit least(
        p_limit,
        e.most - case
          when e.name is null then 0
          else (
            select count(*)
            from engine.provider_calls as u
            inner join engine.deliveries as v on u.delivery_id = v.id
            where u.state in ('CLAIMED', 'SENT')
              and u.delivery_id is not null
              and v.endpoint = e.name
          )
        end
      )
      for update of c skip locked
    ) as n
    order by n.run_at, n.id
    limit p_limit
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
