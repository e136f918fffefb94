-- In batches, so that a long backlog never holds locks for long. By the place of the
-- rows just locked: no join that could read the whole table.
create or replace function engine.expire_offers(p_now timestamptz) returns integer
  language plpgsql volatile
as $$
declare
  v_expired integer;
begin
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  where o.ctid = any (array(
    select f.ctid
    from public.flight_offers as f
    where f.status = 'ACTIVE' and f.expires_at <= p_now
    order by f.expires_at
    limit 10000
    for update skip locked
  ));
  get diagnostics v_expired = row_count;
  return v_expired;
end;
$$;
comment on function engine.expire_offers(timestamptz) is
  'Marks up to 10,000 offers past their expiry; returns how many.';
