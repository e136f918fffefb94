-- Travellers read how their fares went; only the engine writes.
drop policy if exists fare_history_owner_all on public.fare_history;
create policy fare_history_owner_all on public.fare_history
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists fare_history_authenticated_select on public.fare_history;
create policy fare_history_authenticated_select on public.fare_history
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.fare_history to authenticated, service_role;
