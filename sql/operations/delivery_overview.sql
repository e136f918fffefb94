-- What was told, to whom by which way, and what became of it; no name and no address.
-- Definer: operators have no table.
create or replace function engine.delivery_overview(
  p_state text default null, p_limit integer default 50
)
  returns table (
    delivery_id bigint,
    notification_id uuid,
    kind text,
    traveller text,
    trip_id uuid,
    channel text,
    endpoint text,
    state text,
    tries integer,
    next_try_at timestamptz,
    settled_at timestamptz,
    problem text,
    created_at timestamptz
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_size('p_state', array[p_state], 1, 100);
  return query
  select
    d.id,
    n.id,
    n.kind,
    'traveller ' || left(n.user_id::text, 8),
    n.trip_request_id,
    d.channel,
    d.endpoint,
    d.state,
    coalesce(c.tries, 0),
    case when d.state = 'OPEN' then c.run_at end,
    d.settled_at,
    coalesce(d.problem, case when d.state = 'OPEN' then c.error_code end),
    n.created_at
  from engine.deliveries as d
  inner join public.notifications as n
    on d.user_id = n.user_id and d.notification_id = n.id
  left join engine.provider_calls as c on d.id = c.delivery_id
  where p_state is null or d.state = p_state
  order by d.id desc
  limit p_limit;
end;
$$;
comment on function engine.delivery_overview(text, integer) is
  'Lists deliveries, the newest first, with what became of each; no person.';
grant execute on function engine.delivery_overview(text, integer) to skylatch_operator;
