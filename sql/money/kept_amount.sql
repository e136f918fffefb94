-- The part of a price that stays paid: a refund counts once it has been made, not when
-- it is decided. The function is inlined where it is called. The invariants compute the
-- same by an expression of their own, so that they notice when this function is wrong.
create or replace function engine.kept_amount(
  p_price numeric, p_refund numeric, p_refunded_at timestamptz
) returns numeric
  language sql immutable parallel safe
return p_price - case when p_refunded_at is null then 0 else coalesce(p_refund, 0) end;
comment on function engine.kept_amount(numeric, numeric, timestamptz) is
  'Returns the part of a price that was not returned.';
