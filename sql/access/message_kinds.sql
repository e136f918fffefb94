-- The kinds of messages; written by messages/message_kinds.sql.
drop policy if exists message_kinds_owner_all on engine.message_kinds;
create policy message_kinds_owner_all on engine.message_kinds
  to skylatch_owner
  using (true)
  with check (true);
