-- The plan has a row for each search, but trips are what a tick claims: so a trip is
-- due when its first search is. The monitor closes a trip whose searches are all over.
-- The caller holds the trips' row locks.
create or replace function engine.schedule_trips(p_trips uuid[], p_now timestamptz)
  returns void
  language plpgsql volatile
as $$
begin
  update public.trip_requests as t
  set next_search_at = coalesce(
    (
      select min(s.next_look_at)
      from engine.trip_searches as s
      where s.user_id = t.user_id
        and s.trip_request_id = t.id
        and s.over_at > p_now
    ),
    p_now + interval '1 day'
  )
  where t.id = any (p_trips);
end;
$$;
comment on function engine.schedule_trips(uuid[], timestamptz) is
  'Makes each trip due with the first of its searches.';
