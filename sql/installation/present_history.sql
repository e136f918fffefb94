-- A restore leads to another server (another identifier), to another branch of the same
-- server (another timeline, after point-in-time recovery or the promotion of a
-- standby), or to another database (another oid, after a dump). A copy of the disks
-- changes none of the three: after one, stop booking by the kill switch until both
-- scans have run.
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
  'Names the history that this database writes: server, timeline and database.';
