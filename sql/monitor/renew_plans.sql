-- A trip can be due while none of its searches is. There are three reasons. Its dates
-- may have passed at midnight of the place: such searches are removed. Or the trip was
-- made due by hand, because it was resumed or its last attempt failed: all of its
-- searches become due. Or the trip was created before search plans existed and has no
-- rows in trip_searches: this function makes them. Where no plan can be made, for
-- instance because a trip has no passengers, the trip is looked at again tomorrow.
create or replace function engine.renew_plans(p_now timestamptz) returns void
  language plpgsql volatile
as $$
declare
  v_idle uuid[];
  v_asked uuid[];
begin
  v_idle := array(
    select t.id
    from public.trip_requests as t
    where t.auto_book_status = 'PENDING'
      and (t.auto_book_enabled or t.booking_mode = 'WATCH')
      and t.next_search_at <= p_now
      and not exists (
        select from engine.trip_searches as s
        where s.user_id = t.user_id
          and s.trip_request_id = t.id
          and s.next_look_at <= p_now
          and s.over_at > p_now
      )
    order by t.next_search_at
    limit 10000
    for no key update of t skip locked
  );
  if v_idle = '{}' then
    return;
  end if;
  with over as (
    delete from engine.trip_searches as s
    using public.trip_requests as t
    where t.id = any (v_idle)
      and s.user_id = t.user_id
      and s.trip_request_id = t.id
      and s.over_at <= p_now
    returning s.trip_request_id
  )
  select coalesce(array_agg(i.id), '{}') into v_asked
  from unnest(v_idle) as i (id)
  where not exists (select from over as o where o.trip_request_id = i.id);
  perform engine.plan_trips(v_asked, p_now);
  update engine.trip_searches as s
  set next_look_at = p_now
  from public.trip_requests as t
  where t.id = any (v_asked) and s.user_id = t.user_id and s.trip_request_id = t.id;
  perform engine.schedule_trips(v_idle, p_now);
end;
$$;
comment on function engine.renew_plans(timestamptz) is
  'Renews the plans of trips that are due though none of their searches is.';
