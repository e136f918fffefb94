-- Published and retired by operators; a traveller's application shows the text.
drop policy if exists consent_texts_owner_all on engine.consent_texts;
create policy consent_texts_owner_all on engine.consent_texts
  to skylatch_owner
  using (true)
  with check (true);
