-- Closes only a case that needs nothing of the engine. An attempt in review is not
-- ended by closing its case: for that there is review_attempt. Definer: operators have
-- no rights on tables.
-- Lock order: trip_requests, then booking_attempts, then review_cases.
create or replace function engine.resolve_case(
  p_case_id bigint, p_resolution text, p_reason text
) returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_resolution text := engine.require_text('p_resolution', p_resolution);
  v_reason text := engine.require_text('p_reason', p_reason);
  v_case engine.review_cases;
begin
  v_case := engine.lock_case(p_case_id);
  if v_case.resolved_at is not null then
    return v_case.resolution;
  elsif v_case.kind = 'ATTEMPT' then
    raise exception using
      errcode = 'SK108',
      message = 'this is not possible now',
      detail = jsonb_build_object(
        'case', p_case_id, 'action', 'resolve', 'problem', 'the attempt is in review'
      ),
      hint = 'Decide it with review_attempt: the case closes with it.';
  end if;
  perform engine.close_case(
    v_case.kind, v_case.object_id, engine.caller(), v_resolution, v_now
  );
  perform engine.record_action(v_case, 'RESOLVE', v_reason, v_resolution, v_now);
  return v_resolution;
end;
$$;
comment on function engine.resolve_case(bigint, text, text) is
  'See public.resolve_case.';
grant execute on function engine.resolve_case(bigint, text, text) to skylatch_operator;

create or replace function public.resolve_case(
  p_case_id bigint, p_resolution text, p_reason text
) returns text
  language sql volatile
  security invoker
return engine.resolve_case(p_case_id, p_resolution, p_reason);
comment on function public.resolve_case(bigint, text, text) is
  'Closes a case that was settled by hand, and returns how it was resolved.';
grant execute on function public.resolve_case(bigint, text, text) to skylatch_operator;
