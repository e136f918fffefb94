-- The values served are those that connections have recorded in the last seven days.
-- Definer: operators have no rights on tables.
create or replace function engine.flag_status()
  returns table (
    flag text,
    version bigint,
    is_on boolean,
    problem text,
    generation bigint,
    changed_at timestamptz,
    age interval,
    is_stale boolean,
    source text,
    served jsonb
  )
  language sql stable
  security definer
begin atomic
  select
    f.key,
    f.version,
    not f.deleted and f.problem is null and f.data ->> 'on' = 'true',
    case when f.deleted then 'deleted' else f.problem end,
    f.generation,
    f.changed_at,
    clock_timestamp() - s.heartbeat_at,
    s.heartbeat_at < clock_timestamp() - s.stale_after,
    s.source,
    coalesce(u.served, '[]')
  from engine.flag_data as f
  cross join engine.flag_sync as s
  left join lateral (
    select
      jsonb_agg(
        jsonb_build_object(
          'variation', nullif(d.variation, -1),
          'reason', d.reason,
          'evaluations', d.evaluations
        )
        order by d.evaluations desc
      ) as served
    from (
      select
        e.variation,
        e.reason,
        sum(e.evaluations) as evaluations
      from (
        select
          r.flag,
          r.day,
          r.variation,
          r.reason,
          r.evaluations
        from engine.flag_usage as r
        union all
        select
          p.flag,
          p.day,
          p.variation,
          p.reason,
          p.evaluations
        from engine.flag_usage_parts as p
      ) as e
      where e.flag = f.key and e.day > (clock_timestamp() at time zone 'UTC')::date - 7
      group by e.variation, e.reason
    ) as d
  ) as u on true
  where f.kind = 'features'
  order by f.key;
end;
comment on function engine.flag_status() is 'See public.flag_overview.';
grant execute on function engine.flag_status() to skylatch_operator, service_role;
