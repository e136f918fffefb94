-- Returns the registered flags' answers, for who decides by more of them: what an
-- attempt keeps is what was decided on. p_answers are those of this decision, where
-- they were asked for already.
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
  'returns the flags'' answers.';
