-- engine.note_spending adds rows; engine.sum_spending empties the table.
drop policy if exists spent_parts_owner_all on engine.spent_parts;
create policy spent_parts_owner_all on engine.spent_parts
  to skylatch_owner
  using (true)
  with check (true);
