-- Stable: it reads with its caller's snapshot. Never part of a parallel plan: there, a
-- query from Python ends in an error that jumps over Python's frames, and the backend's
-- next call crashes the server. What a connection keeps is in GD under the directory's
-- number.
-- Nobody but the engine's own functions may call it: the context says whom it is for.
create or replace function engine.evaluate_flag(p_flag text, p_context text)
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
  return GD["skylatch_flags_4"].evaluate(p_flag, p_context)
$$;
comment on function engine.evaluate_flag(text, text) is
  'Evaluates a mirrored flag for a context: value, variation, reason, generation, doubt.';
revoke execute on function engine.evaluate_flag(text, text) from public;
alter function engine.evaluate_flag(text, text) owner to skylatch_owner;
