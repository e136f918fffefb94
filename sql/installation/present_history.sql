-- A restore gives another server (its identifier), another branch of the same one (its
-- timeline, as with point-in-time recovery or a promoted standby) or another database
-- (its oid, as with a dump). A copy of the disks gives none of these: after that, stop
-- booking by the kill switch until both scans have run.
create or replace function engine.present_history() returns text
  language plpgsql stable
as $$
begin
  return (
    select
      format(
        '%s %s %s',
        c.system_identifier,
        left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8),
        d.oid
      )
    from pg_catalog.pg_control_system() as c
    cross join pg_catalog.pg_database as d
    where d.datname = current_database()
  );
end;
$$;
comment on function engine.present_history() is
  'Which history this database writes: server, timeline and database.';
