-- Of two operators who decide at once, the second waits here and then sees what the
-- first has decided.
-- Lock order: trip_requests, then booking_attempts, then review_cases.
create or replace function engine.lock_case(p_case_id bigint)
  returns engine.review_cases
  language plpgsql volatile
as $$
declare
  v_case engine.review_cases;
begin
  select c.* into v_case from engine.review_cases as c where c.id = p_case_id;
  perform from public.trip_requests as t
  where t.user_id = v_case.user_id and t.id = v_case.trip_request_id
  for no key update;
  perform from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id
  for no key update;
  select c.* into v_case
  from engine.review_cases as c where c.id = p_case_id
  for no key update;
  if v_case.id is null then
    raise exception using
      errcode = 'SK107',
      message = 'no such case',
      detail = jsonb_build_object('case', p_case_id),
      column = 'p_case_id',
      hint = 'Its number is in review_queue.';
  end if;
  return v_case;
end;
$$;
comment on function engine.lock_case(bigint) is
  'Locks a case with its trip and attempt, and returns the case; raises SK107 when '
  'there is none.';
