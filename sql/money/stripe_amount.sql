-- The only place where money becomes minor units. An amount that the payment provider
-- cannot charge exactly is null and never rounded: an offer at that price is not
-- eligible.
create or replace function engine.stripe_amount(p_amount numeric, p_currency text)
  returns bigint
  language plpgsql stable
as $$
begin
  return (
    select (p_amount * c.stripe_factor)::bigint
    from engine.currencies as c
    where c.code = p_currency
      and p_amount > 0
      and p_amount * c.stripe_factor % c.stripe_step = 0
  );
end;
$$;
comment on function engine.stripe_amount(numeric, text) is
  'Converts an exact amount to Stripe''s minor units; null where that would round.';
