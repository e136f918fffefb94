create or replace function public.refresh_case(p_case_id bigint) returns void
  language sql volatile
  security invoker
begin atomic
  select engine.look_again(p_case_id);
end;
comment on function public.refresh_case(bigint) is
  'Asks both providers again what they say about a case; the answers are its evidence.';
grant execute on function public.refresh_case(bigint) to skylatch_operator;
