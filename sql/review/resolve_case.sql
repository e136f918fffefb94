create or replace function public.resolve_case(
  p_case_id bigint, p_resolution text, p_reason text
) returns text
  language sql volatile
  security invoker
return engine.end_case(p_case_id, p_resolution, p_reason);
comment on function public.resolve_case(bigint, text, text) is
  'Closes a case that was settled by hand, and returns how it was resolved.';
grant execute on function public.resolve_case(bigint, text, text) to skylatch_operator;
