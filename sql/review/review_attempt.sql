create or replace function public.review_attempt(
  p_case_id bigint, p_action text, p_reason text, p_order_id text default null
) returns text
  language sql volatile
  security invoker
return engine.decide_case(p_case_id, p_action, p_reason, p_order_id);
comment on function public.review_attempt(bigint, text, text, text) is
  'Decides a case by ADOPT (with an order id), VOID, RELEASE, CANCEL, REFUND or '
  'RESUME and returns where that leads; doing so twice does it once.';
grant execute on function public.review_attempt(bigint, text, text, text)
  to skylatch_operator;
