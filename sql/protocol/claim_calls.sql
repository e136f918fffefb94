-- Any number of sidecars may claim at once: SKIP LOCKED gives each row to one of them.
-- Calls of bookings come first, then reads, then searches. Searches have a limit of
-- their own, so that a slow one never keeps an authorized card waiting. A call stays
-- where it is while its breaker is open, or while its attempt waits for a history to be
-- confirmed (outward/define_operation.sql). A call whose key has grown too old is left
-- to recovery.
create or replace function engine.claim_calls(
  p_worker text, p_limit integer, p_searches integer, p_traced boolean default false
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
  v_is_confirmed boolean := engine.history_is_confirmed(v_now);
  v_ids bigint[];
begin
  v_ids := array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.run_at <= v_now
      and engine.is_claimable(c, v_now)
      and (
        v_is_confirmed or c.operation not in (
          select o.operation from engine.operations as o where o.awaits_history
        )
      )
    order by c.run_at, c.id
    limit p_limit
    for update skip locked
  );
  v_ids := v_ids || array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.user_id is null
      and c.delivery_id is null
      and c.run_at <= v_now
    order by c.run_at, c.id
    limit p_limit - cardinality(v_ids)
    for update skip locked
  );
  v_ids := v_ids || array(
    select c.id
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is null
      and c.delivery_id is null
      and c.user_id is not null
      and c.run_at <= v_now
      and engine.is_claimable(c, v_now)
    order by c.run_at, c.id
    limit least(p_searches, p_limit - cardinality(v_ids))
    for update skip locked
  );
  if v_ids <> '{}' then
    return query
    select
      l.id, l.epoch, l.operation, l.trip_request_id, l.idempotency_key::text,
      o.marks_sent, engine.call_request(l, p_traced, o.provider)
    from engine.lease_calls(p_worker, v_ids, v_now) as l
    inner join engine.operations as o on l.operation = o.operation;
  end if;
end;
$$;
comment on function engine.claim_calls(text, integer, integer, boolean) is
  'Claims due calls for a worker, at most so many, and of them at most so many '
  'searches.';
grant execute on function engine.claim_calls(text, integer, integer, boolean)
  to skylatch_sidecar;
