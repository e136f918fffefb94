-- A part of flag_problem. After a restore the providers may know of bookings that this
-- database has forgotten, so nothing is booked until both providers' lists were
-- compared.
create or replace function engine.history_problem() returns text
  language plpgsql stable
as $$
begin
  return case
    when not exists (
      select from engine.history as h
      where format('%s %s %s', h.system_identifier, h.timeline, h.database_oid)
        = engine.present_history()
    ) then 'this database was restored: comparing it with both providers first'
  end;
end;
$$;
comment on function engine.history_problem() is
  'Says that the present history was not compared with the providers yet; null when it '
  'was.';
