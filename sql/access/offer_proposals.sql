-- Travellers read what was put before them; only the engine writes.
drop policy if exists offer_proposals_owner_all on public.offer_proposals;
create policy offer_proposals_owner_all on public.offer_proposals
  to skylatch_owner
  using (true)
  with check (true);

drop policy if exists offer_proposals_authenticated_select on public.offer_proposals;
create policy offer_proposals_authenticated_select on public.offer_proposals
  for select to authenticated
  using (user_id = (select engine.signed_in()));

grant select on public.offer_proposals to authenticated, service_role;
