-- Written by the review functions; read through review_queue.
drop policy if exists review_actions_owner_all on engine.review_actions;
create policy review_actions_owner_all on engine.review_actions
  to skylatch_owner
  using (true)
  with check (true);
