-- The mirror reports one changed item, which may be a tombstone. The item is stored
-- only if it is newer than the stored one. Definer: the sidecar has no rights on
-- tables.
-- Lock order: flag_sync, then flag_data.
create or replace function engine.upsert_flag(p_kind text, p_item json, p_source text)
  returns json
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_key text;
  v_deleted boolean;
  v_generation bigint;
  v_stored boolean;
  v_data engine.flag_data;
begin
  if coalesce(p_kind, '') not in ('features', 'segments')
    or json_typeof(p_item) is distinct from 'object'
    or json_typeof(p_item -> 'key') is distinct from 'string'
    or coalesce(p_item ->> 'version', '') !~ '^[0-9]{1,18}$'
  then
    raise exception using
      errcode = 'SK305',
      message = 'the flags are not in the form of LaunchDarkly''s',
      detail = jsonb_build_object('kind', p_kind, 'type', json_typeof(p_item)),
      hint = 'Send features or segments, and {"key": ..., "version": ..., ...}.';
  end if;
  v_key := p_item ->> 'key';
  v_deleted := p_item ->> 'deleted' is not distinct from 'true';
  perform from engine.flag_sync as s for update;
  insert into engine.flag_data as f (
    kind, key, version, deleted, data, problem, generation, changed_at
  )
  values (
    p_kind, v_key, (p_item ->> 'version')::bigint, v_deleted, p_item,
    case when not v_deleted then engine.check_flag(p_kind, v_key, p_item::text) end,
    nextval('engine.flag_generation'), v_now
  )
  on conflict (kind, key) do update
  set
    version = excluded.version,
    deleted = excluded.deleted,
    data = excluded.data,
    problem = excluded.problem,
    generation = excluded.generation,
    changed_at = excluded.changed_at
  where f.version < excluded.version
  returning f.generation into v_generation;
  v_stored := found;
  update engine.flag_sync as s
  set
    generation = coalesce(v_generation, s.generation),
    heartbeat_at = v_now,
    source = p_source;
  select f.* into v_data
  from engine.flag_data as f where f.kind = p_kind and f.key = v_key;
  return json_build_object(
    'stored', v_stored,
    'generation', v_data.generation,
    'problem', v_data.problem,
    'item', v_data.data
  );
end;
$$;
comment on function engine.upsert_flag(text, json, text) is
  'Stores one flag or segment if it is newer; returns whether it was stored, and the '
  'item as it is stored now.';
grant execute on function engine.upsert_flag(text, json, text) to skylatch_sidecar;
