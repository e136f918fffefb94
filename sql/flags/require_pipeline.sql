-- The answers of the registered flags are returned for a caller that decides by more of
-- them: an attempt keeps exactly the answers that were decided on. p_answers are the
-- answers of this decision, if the caller has asked for them already.
create or replace function engine.require_pipeline(
  p_user_id uuid, p_now timestamptz, p_answers jsonb default null
) returns jsonb
  language plpgsql stable
as $$
declare
  v_problem text := engine.switch_problem(p_user_id, p_now);
  v_answers jsonb := p_answers;
begin
  if v_problem is null then
    v_answers := coalesce(p_answers, engine.flag_answers(p_user_id));
    v_problem := engine.gates_problem(v_answers);
  end if;
  if v_problem is not null then
    raise exception using
      errcode = 'SK201',
      message = 'automatic booking is switched off',
      detail = jsonb_build_object('reason', v_problem),
      hint = 'Nothing was searched or bought. Try again when the reason is gone.';
  end if;
  return v_answers;
end;
$$;
comment on function engine.require_pipeline(uuid, timestamptz, jsonb) is
  'Raises SK201 with the reason when automatic booking is off for this traveller; '
  'returns the answers of the registered flags.';
