-- What the SDK's store interface reads back, word for word, tombstones and refused
-- items included. Definer: the sidecar has no table.
create or replace function engine.read_flags(p_kind text, p_key text default null)
  returns json
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select
      json_build_object(
        'initialized', s.initialized,
        'generation', s.generation,
        'heartbeat_at', s.heartbeat_at,
        'source', s.source,
        'items', (
          select coalesce(json_object_agg(f.key, f.data order by f.key), '{}')
          from engine.flag_data as f
          where f.kind = p_kind and (p_key is null or f.key = p_key)
        )
      )
    from engine.flag_sync as s
  );
end;
$$;
comment on function engine.read_flags(text, text) is
  'The mirror''s state, and its items of one kind (null: none), or one of them.';
grant execute on function engine.read_flags(text, text) to skylatch_sidecar;
