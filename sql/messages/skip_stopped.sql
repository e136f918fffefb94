-- What waits for an endpoint that was stopped is not delivered. A delivery that is
-- under way is skipped once it has come back.
create or replace function engine.skip_stopped(p_now timestamptz) returns void
  language plpgsql volatile
as $$
begin
  with over as (
    update engine.provider_calls as c
    set state = 'DONE', verdict = 'FAIL', error_code = 'stopped', finished_at = p_now
    from engine.deliveries as d
    inner join engine.webhook_endpoints as e on d.endpoint = e.name
    where e.stopped_because is not null
      and d.state = 'OPEN'
      and c.delivery_id = d.id
      and c.state = 'READY'
    returning c.delivery_id
  )

  update engine.deliveries as d
  set state = 'SKIPPED', settled_at = p_now, problem = 'the endpoint was stopped'
  from over as o
  where d.id = o.delivery_id;
end;
$$;
comment on function engine.skip_stopped(timestamptz) is
  'Skips what waits for endpoints that were stopped.';
