-- A traveller keeps their own profiles; nobody else sees them.
drop policy if exists traveler_profiles_owner_all on public.traveler_profiles;
create policy traveler_profiles_owner_all on public.traveler_profiles
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists traveler_profiles_authenticated_select
  on public.traveler_profiles;
create policy traveler_profiles_authenticated_select on public.traveler_profiles
  for select to authenticated
  using (user_id = (select engine.signed_in()));

drop policy if exists traveler_profiles_authenticated_insert
  on public.traveler_profiles;
create policy traveler_profiles_authenticated_insert on public.traveler_profiles
  for insert to authenticated
  with check (user_id = (select engine.signed_in()));

drop policy if exists traveler_profiles_authenticated_update
  on public.traveler_profiles;
create policy traveler_profiles_authenticated_update on public.traveler_profiles
  for update to authenticated
  using (user_id = (select engine.signed_in()))
  with check (user_id = (select engine.signed_in()));

grant select on public.traveler_profiles to authenticated, service_role;
grant
  insert (
    user_id, id, given_name, family_name, title, gender, born_on, email, phone_number
  ),
  update (
    given_name, family_name, title, gender, born_on, email, phone_number, updated_at
  )
  on public.traveler_profiles to authenticated, service_role;
