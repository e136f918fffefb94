-- Called only while the source is known to be good: without it the flags go stale and
-- booking stops (flags/miss_flags.sql says why). Definer: the sidecar has no table.
create or replace function engine.beat_flags(p_source text) returns bigint
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_generation bigint;
begin
  update engine.flag_sync as s
  set
    heartbeat_at = clock_timestamp(),
    source = p_source,
    source_failed_at = null,
    source_problem = null
  where s.initialized
  returning s.generation into v_generation;
  return v_generation;
end;
$$;
comment on function engine.beat_flags(text) is
  'Says that the flags'' source is good; returns the generation, if there is one.';
grant execute on function engine.beat_flags(text) to skylatch_sidecar;
