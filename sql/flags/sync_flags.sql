-- The mirror replaces everything: an item that is not in the new content is removed.
-- Content that equals the present one only renews the heartbeat, so that connections
-- need not read all flags again. An item that must not be evaluated is kept and marked
-- with its problem; the other items are stored as usual. The lock on the one row of
-- flag_sync makes generations commit in the order of their numbers. Definer: the
-- sidecar has no rights on tables.
-- Lock order: flag_sync, then flag_data.
create or replace function engine.sync_flags(p_items json, p_source text) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_sync engine.flag_sync;
  v_generation bigint;
  v_changed integer;
begin
  if json_typeof(p_items) is distinct from 'object'
    or json_typeof(p_items -> 'features') is distinct from 'object'
    or json_typeof(p_items -> 'segments') is distinct from 'object'
  then
    raise exception using
      errcode = 'SK305',
      message = 'the flags are not in the form of LaunchDarkly''s',
      detail = jsonb_build_object('type', json_typeof(p_items)),
      hint = 'Send {"features": {"key": {...}}, "segments": {"key": {...}}}.';
  end if;
  select s.* into v_sync from engine.flag_sync as s for update;
  v_generation := nextval('engine.flag_generation');
  with incoming as materialized (
    select
      k.kind,
      i.key,
      i.value,
      case
        when json_typeof(i.value) = 'object' and i.value ->> 'version' ~ '^[0-9]{1,18}$'
        then (i.value ->> 'version')::bigint else 0
      end as version,
      case json_typeof(i.value) when 'object' then i.value ->> 'deleted' end
      is not distinct from 'true' as deleted
    from (values ('features'), ('segments')) as k (kind)
    cross join lateral json_each(p_items -> k.kind) as i (key, value)
  ),
  checked as materialized (
    select
      i.*,
      case when not i.deleted then engine.check_flag(i.kind, i.key, i.value::text) end
      as problem
    from incoming as i
  ),
  gone as (
    delete from engine.flag_data as f
    where not exists (
      select from checked as c where c.kind = f.kind and c.key = f.key
    )
    returning f.key
  ),
  written as (
    insert into engine.flag_data as f (
      kind, key, version, deleted, data, problem, generation, changed_at
    )
    select
      c.kind, c.key, c.version, c.deleted, c.value, c.problem, v_generation, v_now
    from checked as c
    on conflict (kind, key) do update
    set
      version = excluded.version,
      deleted = excluded.deleted,
      data = excluded.data,
      problem = excluded.problem,
      generation = excluded.generation,
      changed_at = excluded.changed_at
    where (f.version, f.deleted, f.data::text, f.problem)
      is distinct from
      (excluded.version, excluded.deleted, excluded.data::text, excluded.problem)
    returning f.key
  )
  select (select count(*) from gone) + (select count(*) from written) into v_changed;
  update engine.flag_sync as s
  set
    generation = case
      when v_changed > 0 or not s.initialized then v_generation else s.generation
    end,
    initialized = true,
    heartbeat_at = v_now,
    source = p_source
  returning s.* into v_sync;
  return jsonb_build_object(
    'generation', v_sync.generation,
    'changed', v_changed,
    'refused', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('kind', f.kind, 'key', f.key, 'problem', f.problem)
          order by f.kind, f.key
        ), '[]'
      )
      from engine.flag_data as f
      where f.problem is not null
    )
  );
end;
$$;
comment on function engine.sync_flags(json, text) is
  'Replaces the mirrored flags and segments; returns the generation, whether anything '
  'changed, and the refused items.';
grant execute on function engine.sync_flags(json, text) to skylatch_sidecar;
