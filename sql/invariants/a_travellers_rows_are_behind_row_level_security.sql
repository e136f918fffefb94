-- This checks that the tables are protected. Who reads which rows is tried by the
-- tests, which log in.
create or replace function engine.a_travellers_rows_are_behind_row_level_security()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select c.oid::regclass::text, 'not forced', null::timestamptz
  from pg_class as c
  inner join pg_attribute as u
    on c.oid = u.attrelid and u.attname = 'user_id' and not u.attisdropped
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and c.relkind in ('r', 'p')
    and not (c.relrowsecurity and c.relforcerowsecurity);
end;
$$;
comment on function engine.a_travellers_rows_are_behind_row_level_security() is
  'Rows that break the promise: a traveller''s rows are behind row level security.';
