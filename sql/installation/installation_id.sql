-- Without its name an installation could not tell its own orders and payments from
-- others'. So it neither marks nor judges any until the name is back.
create or replace function engine.installation_id() returns uuid
  language plpgsql stable
as $$
declare
  v_id uuid := (select i.id from engine.installation as i);
begin
  if v_id is null then
    raise exception using
      errcode = 'SK312',
      message = 'the installation has no name',
      detail = jsonb_build_object('table', 'engine.installation'),
      hint = 'Restore the one row of engine.installation from a backup.';
  end if;
  return v_id;
end;
$$;
comment on function engine.installation_id() is
  'Returns the name of this installation; raises SK312 when the name is lost.';
