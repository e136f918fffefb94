-- The sidecar that mirrors the flags calls this function only while it knows that their
-- source is good. Without these calls the flags go stale and booking stops
-- (flags/miss_flags.sql says why). Definer: the sidecar has no rights on tables.
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
  'Records that the flags'' source is good; returns the mirror''s generation, or null '
  'before the first sync.';
grant execute on function engine.beat_flags(text) to skylatch_sidecar;
