-- Each of the given ready calls gets a lease and a new epoch. The caller has locked the
-- rows, or made them in this transaction.
create or replace function engine.lease_calls(
  p_worker text, p_ids bigint[], p_now timestamptz
) returns setof engine.provider_calls
  language plpgsql volatile
as $$
begin
  return query
  update engine.provider_calls as c
  set
    state = 'CLAIMED',
    worker = p_worker,
    epoch = c.epoch + 1,
    tries = c.tries + 1,
    claimed_at = p_now,
    first_claimed_at = coalesce(c.first_claimed_at, p_now),
    sent_at = null,
    lease_until = p_now + o.lease
  from engine.operations as o
  where c.id = any (p_ids) and c.state = 'READY' and o.operation = c.operation
  returning c.*;
end;
$$;
comment on function engine.lease_calls(text, bigint[], timestamptz) is
  'Claims the given ready calls for a worker and returns them.';
