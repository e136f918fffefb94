-- Definer: operators have no table. Asking twice asks once: a read that is out is not
-- doubled.
create or replace function engine.look_again(p_case_id bigint) returns void
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
comment on function engine.look_again(bigint) is 'See refresh_case.';
grant execute on function engine.look_again(bigint) to skylatch_operator;
