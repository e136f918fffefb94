-- The sidecar's mirror of the flag source. The heartbeat is the proof that the source
-- was read; without it the flags go stale and booking stops.
create or replace function engine.sync_flags(p_flags jsonb) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_changed integer;
begin
  if jsonb_typeof(p_flags) is distinct from 'object' then
    raise exception using
      errcode = 'SK305',
      message = 'flags are not an object',
      detail = jsonb_build_object('type', jsonb_typeof(p_flags)),
      hint = 'Send {"flag": value, ...}.';
  end if;
  insert into engine.flag_sync as s (heartbeat_at)
  values (clock_timestamp())
  on conflict (only_row) do update set heartbeat_at = excluded.heartbeat_at;
  delete from engine.flag_data as f where not p_flags ? f.key;
  get diagnostics v_changed = row_count;
  with written as (
    insert into engine.flag_data as f (key, value, changed_at)
    select n.key, n.value, clock_timestamp()
    from jsonb_each(p_flags) as n
    on conflict (key) do update
    set value = excluded.value, changed_at = excluded.changed_at
    where f.value <> excluded.value
    returning f.key
  )

  select v_changed + count(*) into v_changed from written;
  return v_changed;
end;
$$;
comment on function engine.sync_flags(jsonb) is
  'Replaces the mirrored flags and returns how many changed.';
grant execute on function engine.sync_flags(jsonb) to skylatch_sidecar;
