-- Shows operators the search budget and how it is spent. Definer: operators have no
-- rights on tables.
create or replace function engine.search_status()
  returns table (
    searches_per_minute integer,
    fresh_for interval,
    watched_trips bigint,
    planned_searches bigint,
    due_searches bigint,
    waiting_calls bigint,
    run_id bigint,
    started_at timestamptz,
    budget integer,
    spent integer,
    shared integer,
    postponed integer
  )
  language sql stable
  security definer
begin atomic
  select
    s.searches_per_minute,
    s.fresh_for,
    p.trips,
    p.searches,
    p.due,
    (
      select count(*) from engine.provider_calls as c
      where c.state = 'READY' and c.operation = 'search'
    ),
    r.id,
    r.started_at,
    r.budget,
    r.searches,
    r.shared,
    r.postponed
  from engine.search_settings as s
  cross join (
    select
      count(distinct t.id) as trips,
      count(e.ordinal) as searches,
      count(e.ordinal) filter (
        where t.next_search_at <= now() and e.next_look_at <= now()
      ) as due
    from public.trip_requests as t
    left join engine.trip_searches as e
      on t.user_id = e.user_id and t.id = e.trip_request_id
    where t.auto_book_status = 'PENDING'
      and (t.auto_book_enabled or t.booking_mode = 'WATCH')
  ) as p
  left join (
    select m.* from engine.monitor_runs as m
    order by m.id desc
    limit 20
  ) as r on true
  order by r.id desc;
end;
comment on function engine.search_status() is
  'Returns the search budget and plan now, beside what the last 20 ticks made of them.';
grant execute on function engine.search_status() to skylatch_operator, service_role;
