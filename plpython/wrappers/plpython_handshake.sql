-- plpython3u can do whatever the server's account can, so only a superuser may create
-- this and nobody finds it open: no argument, no query, and a literal directory that only
-- root can write. Its owner is changed afterwards, so that it has no superuser's rights.
create or replace function engine.plpython_handshake() returns jsonb
  language plpython3u stable
as $$
  import json, sys
  if "/usr/lib/skylatch/py/4" not in sys.path:
      for name in [n for n in sys.modules if n.split(".")[0] == "skylatch_plpython"]:
          del sys.modules[name]  # another version's, from before a deploy
      sys.path.insert(0, "/usr/lib/skylatch/py/4")
  from skylatch_plpython.handshake import describe
  return json.dumps(describe())
$$;
comment on function engine.plpython_handshake() is
  'The server''s Python version, the installed packages'' versions and where they lie.';
revoke execute on function engine.plpython_handshake() from public;
alter function engine.plpython_handshake() owner to skylatch_owner;
grant execute on function engine.plpython_handshake() to skylatch_sidecar;
