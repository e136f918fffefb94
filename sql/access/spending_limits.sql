-- A traveller sets, raises and removes their own limits.
drop policy if exists spending_limits_owner_all on public.spending_limits;
create policy spending_limits_owner_all on public.spending_limits
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists spending_limits_authenticated_select on public.spending_limits;
create policy spending_limits_authenticated_select on public.spending_limits
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists spending_limits_authenticated_insert on public.spending_limits;
create policy spending_limits_authenticated_insert on public.spending_limits
  for insert to authenticated
  with check (user_id = (select engine.signed_in()));

drop policy if exists spending_limits_authenticated_update on public.spending_limits;
create policy spending_limits_authenticated_update on public.spending_limits
  for update to authenticated
  using (user_id = (select engine.signed_in()))
  with check (user_id = (select engine.signed_in()));

-- Limits are removed by remove_spending_limit: the privilege to delete would let a
-- traveller lock the whole table.
drop policy if exists spending_limits_authenticated_delete on public.spending_limits;
grant select on public.spending_limits to authenticated, service_role;
grant insert (user_id, currency, period, amount), update (amount)
  on public.spending_limits to authenticated, service_role;
