-- A second request while the reads are under way adds none. Definer: operators have no
-- rights on tables.
create or replace function engine.refresh_case(p_case_id bigint) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_case engine.review_cases := engine.lock_case(p_case_id);
begin
  perform engine.gather_evidence(v_case.id, clock_timestamp());
  perform engine.wake_sidecar();
end;
$$;
comment on function engine.refresh_case(bigint) is 'See public.refresh_case.';
grant execute on function engine.refresh_case(bigint) to skylatch_operator;

create or replace function public.refresh_case(p_case_id bigint) returns void
  language sql volatile
  security invoker
begin atomic
  select engine.refresh_case(p_case_id);
end;
comment on function public.refresh_case(bigint) is
  'Asks both providers again what they say about a case; the answers are its evidence.';
grant execute on function public.refresh_case(bigint) to skylatch_operator;
