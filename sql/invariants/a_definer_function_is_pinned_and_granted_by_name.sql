create or replace function engine.a_definer_function_is_pinned_and_granted_by_name()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    p.oid::regprocedure::text,
    coalesce(array_to_string(p.proconfig, ', '), 'not pinned'),
    null::timestamptz
  from pg_proc as p
  where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and p.proowner in ('skylatch_owner'::regrole, 'skylatch_cron'::regrole)
    and p.prosecdef
    and (
      exists (
        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
        where g.grantee = 0
      )
      or p.prosqlbody is null
      and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)
    );
end;
$$;
comment on function engine.a_definer_function_is_pinned_and_granted_by_name() is
  'Rows that break the promise: a definer function is pinned and granted by name.';
