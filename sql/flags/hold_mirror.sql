-- One sidecar mirrors the flags at a time: it holds a lease and renews it, and another
-- sidecar takes the lease when it has run out. The lease only spares the flags' source
-- a second reader; two mirrors would write the same rows. Definer: the sidecar has no
-- rights on tables.
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
  'Takes or renews a sidecar''s lease on mirroring the flags; false while another '
  'sidecar holds it.';
grant execute on function engine.hold_mirror(text) to skylatch_sidecar;
