-- Append-only, and written by the engine alone: a traveller reads what they agreed to.
drop policy if exists consents_owner_all on public.consents;
create policy consents_owner_all on public.consents
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists consents_authenticated_select on public.consents;
create policy consents_authenticated_select on public.consents
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.consents to authenticated, service_role;
