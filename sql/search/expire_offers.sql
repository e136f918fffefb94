-- In batches, so that a long backlog never holds locks for long.
create or replace function engine.expire_offers(p_now timestamptz) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_expired integer;
begin
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  from (
    select f.user_id, f.id
    from public.flight_offers as f
    where f.status = 'ACTIVE' and f.expires_at <= p_now
    order by f.expires_at
    limit 10000
    for update skip locked
  ) as f
  where o.user_id = f.user_id and o.id = f.id;
  get diagnostics v_expired = row_count;
  return v_expired;
end;
$$;
comment on function engine.expire_offers(timestamptz) is
  'Marks up to 10,000 offers past their expiry; returns how many.';
