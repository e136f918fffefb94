-- Which searches are worth a call now. A trip is found due by its index; of its
-- searches those whose time has come are candidates, and no other row is read.
--
-- Priority: the time since the last quote, in units of the interval that is right for
-- the search now (search/look_interval.sql: days to departure, distance to the cap,
-- volatility). The priority is 1 when a search falls due and grows without bound. Where
-- the budget is short, searches are thus made in proportion to their need. A search
-- that was never made counts as a day old and urgent, because its traveller is waiting.
--
-- Nobody holds up anybody: each traveller has a share, and what goes beyond a share
-- comes after everybody's. The share is three quarters of the budget, divided by the
-- travellers who have something due; where there are many of them it is six searches,
-- most people's whole plan (less of a budget below 24). A traveller who has no more due
-- than the divided share gets all of it at this tick, whatever others ask for. Where
-- the divided share is less than six, a greedy traveller has no more than half of a
-- tick (of six searches or more) while others are within their shares: what these would
-- have had in one tick, they have in two. Where nobody has more than a share due,
-- priority alone decides.
--
-- Nobody starves: a quarter of the budget, at least one search, goes to the searches
-- that have been due the longest, whatever their priority and traveller. A due search
-- before which n others fell due is therefore taken within ceil((n + 1) / ceil(budget /
-- 4)) ticks that have a budget. (To keep a tick bounded, only the 10,000 trips that are
-- due the longest are read, or twice as many as the budget; the bound holds beyond
-- them, because the oldest searches belong to the oldest trips.)
--
-- Several due searches may have one key and be only watched: the last answer found
-- nothing at or below the cap. One of them leads, and the others wait for its answer,
-- which search/share_looks.sql gives them. The leader is within its traveller's share,
-- because searches beyond a share are made later. A first quote, and a search that may
-- end in a booking, is always the trip's own. A traveller who is left out (p_without)
-- leads nobody either: a traveller who keeps a trip locked must not make others wait.
--
-- The searches of a trip come together, the most urgent trip's first. The only time is
-- p_now, so that a simulation runs on the same choice.
create or replace function engine.choose_searches(
  p_budget integer, p_now timestamptz, p_without uuid[] default '{}'
) returns table (user_id uuid, trip_request_id uuid, ordinal smallint)
  language plpgsql stable
as $$
declare
  v_budget integer := greatest(p_budget, 0);
  v_oldest integer := ceil(v_budget / 4.0);
begin
  return query
  with trip as materialized (
    select t.user_id, t.id, t.max_price, t.currency, t.max_searches - t.searches as rest
    from public.trip_requests as t
    where t.auto_book_status = 'PENDING'
      and (t.auto_book_enabled or t.booking_mode = 'WATCH')
      and t.next_search_at <= p_now
      and t.searches < t.max_searches
      and t.user_id <> all (p_without)
    order by t.next_search_at
    limit greatest(10000, 2 * v_budget)
  ),

  due as materialized (
    select
      s.user_id,
      s.trip_request_id,
      s.ordinal,
      s.search_key,
      s.next_look_at,
      t.rest,
      extract(
        epoch from p_now - coalesce(s.last_looked_at, s.next_look_at - interval '1 day')
      )::double precision / case
        when s.last_looked_at is null then 600
        else extract(
          epoch from engine.look_interval(
            s.departure_date, case when s.currency = t.currency then s.cheapest end,
            t.max_price, s.volatility, p_now
          )
        )::double precision
      end as priority,
      coalesce(
        s.offers = 0 or s.currency = t.currency and s.cheapest > t.max_price, false
      ) as watched
    from trip as t
    inner join engine.trip_searches as s
      on s.user_id = t.user_id and s.trip_request_id = t.id
    where s.next_look_at <= p_now and s.over_at > p_now
  ),

  share as (
    select
      greatest(
        1,
        least(6, v_budget / 2 - v_oldest),
        (v_budget - v_oldest) / greatest(count(distinct d.user_id), 1)
      ) as searches
    from due as d
  ),

  placed as (
    select
      d.*,
      row_number() over (
        partition by d.user_id order by d.priority desc, d.trip_request_id, d.ordinal
      ) > s.searches as beyond
    from due as d
    cross join share as s
  ),

  leader as materialized (
    select d.*
    from (
      select
        d.*,
        row_number() over (
          partition by d.search_key
          order by d.watched, d.beyond, d.priority desc, d.trip_request_id
        ) as place
      from placed as d
    ) as d
    where not d.watched or d.place = 1
  ),

  oldest as materialized (
    select l.*
    from leader as l
    order by l.next_look_at, l.trip_request_id, l.ordinal
    limit v_oldest
  ),

  chosen as (
    (
      select o.*, true as waited from oldest as o
    )
    union all
    (
      select l.*, false
      from leader as l
      where not exists (
        select from oldest as o
        where o.trip_request_id = l.trip_request_id and o.ordinal = l.ordinal
      )
      order by l.beyond, l.priority desc, l.trip_request_id, l.ordinal
      limit v_budget
    )
    order by waited desc, beyond, priority desc, trip_request_id, ordinal
    limit v_budget
  ),

  ordered as (
    select
      c.*,
      max(c.priority) over (partition by c.trip_request_id) as trips_priority,
      row_number() over (
        partition by c.trip_request_id order by c.priority desc, c.ordinal
      ) as trips_place
    from chosen as c
  )

  select p.user_id, p.trip_request_id, p.ordinal
  from ordered as p
  where p.trips_place <= p.rest
  order by p.trips_priority desc, p.trip_request_id, p.ordinal;
end;
$$;
comment on function engine.choose_searches(integer, timestamptz, uuid[]) is
  'Chooses at most so many due searches, in the order in which to make them, and none '
  'of the travellers who are left out.';
