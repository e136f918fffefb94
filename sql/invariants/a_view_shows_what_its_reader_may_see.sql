create or replace function engine.a_view_shows_what_its_reader_may_see()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select c.oid::regclass::text, 'not security_invoker', null::timestamptz
  from pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and (
      c.relkind = 'm'
      or c.relkind = 'v'
      and not coalesce(
        c.reloptions && '{security_invoker=true,security_invoker=on}'::text[], false
      )
    );
end;
$$;
comment on function engine.a_view_shows_what_its_reader_may_see() is
  'Rows that break the promise: a view shows what its reader may see.';
