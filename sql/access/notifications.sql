-- Travellers read what they were told, and say what they have seen.
drop policy if exists notifications_owner_all on public.notifications;
create policy notifications_owner_all on public.notifications
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists notifications_authenticated_select on public.notifications;
create policy notifications_authenticated_select on public.notifications
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists notifications_authenticated_update on public.notifications;
create policy notifications_authenticated_update on public.notifications
  for update to authenticated
  using (user_id = (select engine.signed_in()))
  with check (user_id = (select engine.signed_in()));

grant select, update (read_at) on public.notifications to authenticated, service_role;
