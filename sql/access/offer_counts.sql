-- Travellers read what was found for them; only the engine writes.
drop policy if exists offer_counts_owner_all on public.offer_counts;
create policy offer_counts_owner_all on public.offer_counts
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists offer_counts_authenticated_select on public.offer_counts;
create policy offer_counts_authenticated_select on public.offer_counts
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.offer_counts to authenticated, service_role;
