-- Which sidecar mirrors: a lease that its holder renews and that another takes over
-- when it runs out. A courtesy to the flag source: two mirrors would write the same.
-- Definer: the sidecar has no table.
create or replace function engine.hold_mirror(p_worker text) returns boolean
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.flag_sync as s
  set mirrored_by = p_worker, mirrored_until = v_now + interval '15 seconds'
  where s.mirrored_by is not distinct from p_worker
    or s.mirrored_until is null
    or s.mirrored_until <= v_now;
  return found;
end;
$$;
comment on function engine.hold_mirror(text) is
  'Takes or renews the lease on mirroring flags; false while another holds it.';
grant execute on function engine.hold_mirror(text) to skylatch_sidecar;
