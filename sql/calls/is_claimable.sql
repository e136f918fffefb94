-- An open breaker lets nothing begin. It never holds up what is under way, because only
-- operations that begin something have one. A key that its provider may have forgotten
-- would execute again.
create or replace function engine.is_claimable(
  p_call engine.provider_calls, p_now timestamptz
) returns boolean
  language plpgsql stable
as $$
begin
  return (
    select
      coalesce(p_call.first_claimed_at > p_now - o.key_lasts, true)
      and (
        o.breaks_after is null
        or not exists (
          select from engine.breakers as b
          where b.operation = p_call.operation and b.open_until > p_now
        )
      )
    from engine.operations as o
    where o.operation = p_call.operation
  );
end;
$$;
comment on function engine.is_claimable(engine.provider_calls, timestamptz) is
  'Tells whether a ready call may go out: breaker closed, idempotency key still known.';
