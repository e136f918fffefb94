-- Called once for each round, when it is decided. An offer counts under each reason for
-- which it does not fit.
create or replace function engine.count_offers(
  p_user_id uuid, p_trip_id uuid, p_round integer
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.counter_parts (counter, labels, value)
  select
    'skylatch_offers_total', jsonb_build_object('reason', coalesce(r.reason, 'fits')),
    count(*)
  from public.flight_offers as o
  left join unnest(o.ineligible) as r (reason) on true
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = p_round
  group by r.reason;
end;
$$;
comment on function engine.count_offers(uuid, uuid, integer) is
  'Counts the ranked offers of one round by why they do not fit.';
