-- All registered flags are evaluated in one call. A function that decides by several
-- flags asks once and hands the answers on, so that one decision rests on one set of
-- answers.
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
  'Returns the answers of all registered flags for a traveller, as evaluate_flags '
  'gives them.';
