-- A call that polls has its waits written down; any other doubles them. Jitter keeps
-- those that failed together from coming back together, and no call comes back sooner
-- than its provider asks. Null: no try is left.
create or replace function engine.retry_at(
  p_operation text,
  p_tries integer,
  p_retry_after numeric,
  p_deadline_at timestamptz,
  p_now timestamptz
) returns timestamptz
  language plpgsql volatile
as $$
begin
  return (
    select case
      when o.waits is null and p_tries >= o.max_tries
        or o.waits is not null
        and (p_tries > cardinality(o.waits) or p_deadline_at <= p_now) then null
      else p_now + greatest(
        (0.5 + random() / 2) * coalesce(
          o.waits[p_tries], make_interval(secs => least(power(2, p_tries - 1), 300))
        ),
        make_interval(secs => least(coalesce(p_retry_after, 0), 300))
      )
    end
    from engine.operations as o
    where o.operation = p_operation
  );
end;
$$;
comment on function engine.retry_at(
  text, integer, numeric, timestamptz, timestamptz
) is 'When a call that must be repeated is due again; null when no try is left.';
