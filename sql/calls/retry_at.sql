-- An operation that polls has its waits written down; any other doubles its wait each
-- time. Jitter keeps calls that failed together from coming back together. No call
-- comes back sooner than its provider asks. Null when no try is left.
create or replace function engine.retry_at(
  p_operation engine.operations,
  p_tries integer,
  p_retry_after numeric,
  p_deadline_at timestamptz,
  p_now timestamptz
) returns timestamptz
  language plpgsql volatile
as $$
begin
  if p_operation.waits is null and p_tries >= p_operation.max_tries
    or p_operation.waits is not null
    and (p_tries > cardinality(p_operation.waits) or p_deadline_at <= p_now)
  then
    return null;
  end if;
  return p_now + greatest(
    (0.5 + random() / 2) * coalesce(
      p_operation.waits[p_tries],
      make_interval(secs => least(power(2, p_tries - 1), 300))
    ),
    make_interval(secs => least(coalesce(p_retry_after, 0), 300))
  );
end;
$$;
comment on function engine.retry_at(
  engine.operations, integer, numeric, timestamptz, timestamptz
) is
  'Returns when a call that must be repeated is due again; null when no try is left.';
