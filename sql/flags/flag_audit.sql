-- Lists what an operator should tidy up among the flags. Only an expired flag is a
-- failure: any other finding may be intended for a while. A flag that our code does not
-- ask may still be asked by an application (flag_value and is_enabled count such
-- questions), or be a prerequisite of another flag. Definer: operators have no rights
-- on tables.
create or replace function engine.flag_audit()
  returns table (flag text, owner text, problem text, what_to_do text)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_today date := (clock_timestamp() at time zone 'UTC')::date;
begin
  return query
  with features as materialized (
    select f.key, f.data from engine.flag_data as f
    where f.kind = 'features' and not f.deleted
  ),
  asked as materialized (
    select distinct u.flag from engine.flag_usage as u
    where u.day > v_today - 30
    union
    select distinct p.flag from engine.flag_usage_parts as p
    where p.day > v_today - 30
  )
  select
    r.flag,
    r.owner,
    'EXPIRED',
    format(
      'it expired on %s: ask its owner; give it a later date in'
      ' sql/flags/flag_register.sql, or take it out of the code', r.expires_on
    )
  from engine.flag_register as r
  where r.expires_on <= v_today
  union all
  select
    r.flag,
    r.owner,
    'EXPIRES_SOON',
    format('it expires on %s: ask its owner before', r.expires_on)
  from engine.flag_register as r
  where r.expires_on > v_today and r.expires_on <= v_today + 30
  union all
  select
    r.flag,
    r.owner,
    'NOT_MIRRORED',
    'it is asked and the source does not have it: create it there'
  from engine.flag_register as r
  where not exists (select from features as f where f.key = r.flag)
  union all
  select
    r.flag,
    r.owner,
    'NOT_ASKED',
    'nobody asked it for 30 days: does the code still need it?'
  from engine.flag_register as r
  where not exists (select from asked as a where a.flag = r.flag)
    and r.created_on <= v_today - 30
  union all
  select
    f.key,
    null,
    'NOT_REGISTERED',
    case
      when exists (select from asked as a where a.flag = f.key)
        then 'it is asked, and is not in sql/flags/flag_register.sql: add it, with an owner'
      else 'it is mirrored and nobody asks it: archive it at its source'
    end
  from features as f
  where not exists (select from engine.flag_register as r where r.flag = f.key)
    and not exists (
      select from features as o
      cross join lateral json_array_elements(
        case json_typeof(o.data -> 'prerequisites')
          when 'array' then o.data -> 'prerequisites'
        end
      ) as q (item)
      where q.item ->> 'key' = f.key
    )
  union all
  select
    a.flag,
    null,
    'UNKNOWN',
    'it is asked, and neither registered nor mirrored: correct its name, or create it'
  from asked as a
  where not exists (select from engine.flag_register as r where r.flag = a.flag)
    and not exists (select from features as f where f.key = a.flag);
end;
$$;
comment on function engine.flag_audit() is
  'Lists the flags that are expired, missing at the source, not asked, or not '
  'registered.';
grant execute on function engine.flag_audit() to skylatch_operator;
