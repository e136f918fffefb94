-- Travellers say how they want to be told.
drop policy if exists notification_preferences_owner_all
  on public.notification_preferences;
create policy notification_preferences_owner_all on public.notification_preferences
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists notification_preferences_authenticated_select
  on public.notification_preferences;
create policy notification_preferences_authenticated_select
  on public.notification_preferences
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists notification_preferences_authenticated_insert
  on public.notification_preferences;
create policy notification_preferences_authenticated_insert
  on public.notification_preferences
  for insert to authenticated
  with check (user_id = (select engine.signed_in()));

drop policy if exists notification_preferences_authenticated_update
  on public.notification_preferences;
create policy notification_preferences_authenticated_update
  on public.notification_preferences
  for update to authenticated
  using (user_id = (select engine.signed_in()))
  with check (user_id = (select engine.signed_in()));

grant select on public.notification_preferences to authenticated, service_role;
grant
  insert (
    user_id, by_email, language, time_zone, quiet_from, quiet_until, muted, least_drop
  ),
  update (
    by_email, language, time_zone, quiet_from, quiet_until, muted, least_drop,
    updated_at
  )
  on public.notification_preferences to authenticated, service_role;
