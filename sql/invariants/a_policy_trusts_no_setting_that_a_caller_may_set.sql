create or replace function engine.a_policy_trusts_no_setting_that_a_caller_may_set()
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select c.oid::regclass::text, l.polname::text, null::timestamptz
  from pg_policy as l
  inner join pg_class as c on l.polrelid = c.oid
  where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
    and c.relowner = 'skylatch_owner'::regrole
    and strpos(
      concat(
        pg_get_expr(l.polqual, l.polrelid), pg_get_expr(l.polwithcheck, l.polrelid)
      ),
      'current_setting('
    ) > 0;
end;
$$;
comment on function engine.a_policy_trusts_no_setting_that_a_caller_may_set() is
  'Rows that break the promise: a policy trusts no setting that a caller may set.';
