-- The sidecar that mirrors the flags calls this function when their source cannot be
-- read: the opposite of beat_flags. The flags that were mirrored stay in force until
-- they are stale, but the trouble is on record at once. Definer: the sidecar has no
-- rights on tables.
create or replace function engine.miss_flags(p_source text, p_problem text)
  returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  update engine.flag_sync as s
  set
    source = left(p_source, 200),
    source_failed_at = coalesce(s.source_failed_at, clock_timestamp()),
    source_problem = left(p_problem, 200);
end;
$$;
comment on function engine.miss_flags(text, text) is
  'Records that the flags'' source cannot be read, and why.';
grant execute on function engine.miss_flags(text, text) to skylatch_sidecar;
