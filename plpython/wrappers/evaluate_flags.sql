-- Several flags for one context, in one call: see evaluate_flag.
create or replace function engine.evaluate_flags(p_flags text[], p_context text)
  returns jsonb
  language plpython3u stable
as $$
  if "skylatch_flags_4" not in GD:
      import sys
      if "/usr/lib/skylatch/py/4" not in sys.path:
          for name in [n for n in sys.modules if n.split(".")[0] == "skylatch_plpython"]:
              del sys.modules[name]  # another version's, from before a deploy
          sys.path.insert(0, "/usr/lib/skylatch/py/4")
      from skylatch_plpython.flags import Runtime
      GD["skylatch_flags_4"] = Runtime(plpy)
  return GD["skylatch_flags_4"].evaluate_all(p_flags, p_context)
$$;
comment on function engine.evaluate_flags(text[], text) is
  'Evaluates mirrored flags for a context: each one''s answer, as evaluate_flag has it.';
revoke execute on function engine.evaluate_flags(text[], text) from public;
alter function engine.evaluate_flags(text[], text) owner to skylatch_owner;
