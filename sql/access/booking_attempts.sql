-- Travellers read their attempts; only the engine writes.
drop policy if exists booking_attempts_owner_all on public.booking_attempts;
create policy booking_attempts_owner_all on public.booking_attempts
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists booking_attempts_authenticated_select on public.booking_attempts;
create policy booking_attempts_authenticated_select on public.booking_attempts
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.booking_attempts to authenticated, service_role;
