-- Called once for each round, when the trip is decided on. An offer counts under every
-- reason for which it does not fit, whether the offer was kept or not.
create or replace function engine.count_offers(
  p_user_id uuid, p_trip_id uuid, p_round integer
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.counter_parts (counter, labels, value)
  select
    'skylatch_offers_total', jsonb_build_object('reason', coalesce(r.reason, 'fits')),
    sum(r.offers)
  from (
    select m.reason, 1 as offers
    from public.flight_offers as o
    left join unnest(o.ineligible) as m (reason) on true
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = p_round
      and o.day >= coalesce(
        (
          select t.offers_from
          from public.trip_requests as t
          where t.user_id = p_user_id and t.id = p_trip_id
        ),
        '0001-01-01'
      )
    union all
    select m.reason, (g.value ->> 'offers')::integer
    from public.offer_counts as c
    cross join jsonb_array_elements(c.missed) as g
    cross join jsonb_array_elements_text(g.value -> 'reasons') as m (reason)
    where c.user_id = p_user_id
      and c.trip_request_id = p_trip_id
      and c.search_round = p_round
  ) as r
  group by r.reason;
end;
$$;
comment on function engine.count_offers(uuid, uuid, integer) is
  'Counts the ranked offers of one round by the reasons for which they do not fit.';
