-- Volatile: what is taken is forgotten.
create or replace function engine.take_flag_usage() returns jsonb
  language plpython3u volatile
as $$
  runtime = GD.get("skylatch_flags_4")
  return runtime and runtime.take_usage()
$$;
comment on function engine.take_flag_usage() is
  'What this connection has evaluated since the last call; null when nothing.';
revoke execute on function engine.take_flag_usage() from public;
alter function engine.take_flag_usage() owner to skylatch_owner;
