-- Returns to the SDK's store interface what it stored, word for word, with tombstones
-- and refused items. Definer: the sidecar has no rights on tables.
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
  'Returns the mirror''s state with its items of one kind (null: no items), or with '
  'one item.';
grant execute on function engine.read_flags(text, text) to skylatch_sidecar;
