-- Several flags for one context, in one call: see evaluate_flag.
create or replace function engine.evaluate_flags(p_flags text[], p_context text)
  returns jsonb
  language plpython3u stable
as $$
  if "skylatch_flags_4" not in GD:
      import sys; sys.path[:0] = {"/usr/lib/skylatch/py/4"} - {*sys.path}
      from skylatch_plpython.flags import Runtime
      GD["skylatch_flags_4"] = Runtime(plpy)
  return GD["skylatch_flags_4"].evaluate_all(p_flags, p_context)
$$;
comment on function engine.evaluate_flags(text[], text) is
  'Evaluates mirrored flags for a context: each one''s answer, as evaluate_flag has it.';
revoke execute on function engine.evaluate_flags(text[], text) from public;
alter function engine.evaluate_flags(text[], text) owner to skylatch_owner;
