-- All registered flags in one call of the evaluator. Who decides by several of them
-- asks once and hands the answers on, so that one decision has one set of answers.
create or replace function engine.flag_answers(p_user_id uuid) returns jsonb
  language plpgsql stable
as $$
begin
  return engine.evaluate_flags(
    array(select f.flag from engine.flag_register as f), engine.flag_context(p_user_id)
  );
end;
$$;
comment on function engine.flag_answers(uuid) is
  'The registered flags'' answers for a traveller, as evaluate_flags gives them.';
