-- Asked when an item is mirrored, so that no backend ever meets what it refuses.
create or replace function engine.check_flag(p_kind text, p_key text, p_item text)
  returns text
  language plpython3u stable
as $$
  import sys
  if "/usr/lib/skylatch/py/4" not in sys.path:
      for name in [n for n in sys.modules if n.split(".")[0] == "skylatch_plpython"]:
          del sys.modules[name]  # another version's, from before a deploy
      sys.path.insert(0, "/usr/lib/skylatch/py/4")
  from skylatch_plpython.flags import find_problem
  return find_problem(p_kind, p_key, p_item)
$$;
comment on function engine.check_flag(text, text, text) is
  'Says why a flag or segment may not be evaluated; null when it may.';
revoke execute on function engine.check_flag(text, text, text) from public;
alter function engine.check_flag(text, text, text) owner to skylatch_owner;
