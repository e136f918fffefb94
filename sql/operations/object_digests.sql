-- To replace one of these objects, a deploy would have to lock a table; by their
-- digests it sees which of them differ. The search_path is set so that names are
-- written in one way for every caller.
create or replace function engine.object_digests()
  returns table (object text, digest text)
  language plpgsql stable
as $$
begin
  return query
  with relation as (
    select c.oid, format('%s.%s', n.nspname, c.relname) as name, c.relkind, c.relacl,
      c.reloptions
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'engine', 'auth') and c.relkind in ('r', 'p', 'v')
  )
  select
    format('policy %s on %s', p.polname, r.name),
    md5(concat_ws(
      '|', p.polcmd, p.polpermissive,
      (
        select string_agg(o.rolname, ',' order by o.rolname)
        from pg_roles as o where o.oid = any (p.polroles)
      ),
      pg_get_expr(p.polqual, p.polrelid), '|', pg_get_expr(p.polwithcheck, p.polrelid)
    ))
  from pg_policy as p
  inner join relation as r on r.oid = p.polrelid
  union all
  select
    format('trigger %s on %s', t.tgname, r.name),
    md5(concat_ws('|', t.tgenabled, pg_get_triggerdef(t.oid)))
  from pg_trigger as t
  inner join relation as r on r.oid = t.tgrelid
  where not t.tgisinternal
  union all
  select
    format('view %s', r.name),
    md5(concat_ws('|', r.reloptions::text, pg_get_viewdef(r.oid)))
  from relation as r
  where r.relkind = 'v'
  union all
  select
    format('grants on %s', r.name),
    md5(concat_ws(
      '|', r.relacl::text,
      (
        select string_agg(a.attname || a.attacl::text, '|' order by a.attnum)
        from pg_attribute as a where a.attrelid = r.oid and a.attacl is not null
      )
    ))
  from relation as r;
end;
$$;
comment on function engine.object_digests() is
  'Returns a digest of each present policy, trigger, view and set of grants.';
