-- The mirror's opposite of a beat. What was mirrored stays in force until it is stale;
-- that the source is gone is known at once. Definer: the sidecar has no table.
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
  'Says that the flags'' source cannot be read, and why.';
grant execute on function engine.miss_flags(text, text) to skylatch_sidecar;
