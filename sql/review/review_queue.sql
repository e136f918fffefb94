create or replace view public.review_queue
with (security_invoker = true)
as select c.* from engine.list_cases() as c;
comment on view public.review_queue is
  'The cases that wait for a person, oldest first: what was sent, what came back, what '
  'both providers say, and what may be done.';
grant select on public.review_queue to skylatch_operator;
