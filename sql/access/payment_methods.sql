-- Cards are added by the application after Stripe has verified their owner. Travellers
-- must not add rows: a traveller who writes another's card id could pay with that card.
drop policy if exists payment_methods_owner_all on public.payment_methods;
create policy payment_methods_owner_all on public.payment_methods
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists payment_methods_authenticated_select on public.payment_methods;
create policy payment_methods_authenticated_select on public.payment_methods
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.payment_methods to authenticated, service_role;
grant
  insert (
    user_id, id, stripe_customer_id, stripe_payment_method_id, brand, last4, exp_month,
    exp_year, is_default
  ),
  update (is_default, exp_month, exp_year, detached_at)
  on public.payment_methods to service_role;
