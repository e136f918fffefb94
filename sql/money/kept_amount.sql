-- What of a price stays paid: what was decided to be returned counts once it is
-- returned. Inlined where it is asked. The invariants have their own word for it: they
-- are to notice when this one is wrong.
create or replace function engine.kept_amount(
  p_price numeric, p_refund numeric, p_refunded_at timestamptz
) returns numeric
  language sql immutable parallel safe
return p_price - case when p_refunded_at is null then 0 else coalesce(p_refund, 0) end;
comment on function engine.kept_amount(numeric, numeric, timestamptz) is
  'What of a price was not returned.';
