-- Nothing is stored and nothing is searched: the live offers of the trip's last round
-- are judged against the trip as it would be. What nobody searched for is not among
-- them, such as other dates or more connections. A wish is a column that travellers may
-- change (access/trip_requests.sql). Definer: the judgement is not for travellers.
create or replace function engine.preview_trip(p_trip_id uuid, p_changes jsonb)
  returns jsonb
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_trip public.trip_requests;
  v_from date;
  v_unknown text;
  v_best jsonb;
  v_says text;
  v_offers integer;
  v_fit integer;
  v_why_not jsonb;
begin
  perform engine.require_size('p_changes', array[p_changes::text], 1, 20000);
  select t.* into v_trip
  from public.trip_requests as t
  where t.id = p_trip_id and engine.may_act_for(t.user_id);
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  if jsonb_typeof(p_changes) = 'object' then
    select k.wish into v_unknown
    from jsonb_object_keys(p_changes) as k (wish)
    where not exists (
      select from pg_attribute as a
      where a.attrelid = 'public.trip_requests'::regclass
        and a.attname = k.wish
        and has_column_privilege('authenticated', a.attrelid, a.attnum, 'update')
    )
    limit 1;
  end if;
  if v_unknown is not null or jsonb_typeof(p_changes) is distinct from 'object' then
    raise exception using
      errcode = 'SK026',
      message = 'a trip has no such wish',
      detail = jsonb_build_object('field', 'p_changes', 'value', left(v_unknown, 63)),
      column = left(coalesce(v_unknown, 'p_changes'), 63),
      hint = 'Give an object of wishes by their columns, such as {"max_price": 300}.';
  end if;
  v_from := coalesce(v_trip.offers_from, '0001-01-01');
  v_trip := jsonb_populate_record(v_trip, p_changes);
  perform engine.require_sizes('trip_requests', to_jsonb(v_trip));
  perform engine.check_wishes(v_trip, '-infinity');

  with offer as materialized (
    select o as offer
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.search_round = v_trip.search_round
      and o.day >= v_from
      and o.status = 'ACTIVE'
      and o.expires_at > v_now
  ),

  judged as materialized (
    select f.offer, j.ineligible, j.score, (f.offer).price_amount / t.rate as price
    from offer as f
    cross join lateral engine.offer_terms(
      v_trip, (f.offer).price_currency, (f.offer).passengers,
      coalesce((f.offer).asked_on[1], '9999-12-31'),
      coalesce(
        (f.offer).asked_on[cardinality((f.offer).asked_on)], '9999-12-31'
      ),
      'ACTIVE', v_now
    ) as t
    cross join lateral engine.judge_offer(v_trip, f.offer, t, v_now) as j
  ),

  best as (
    select j.offer
    from judged as j
    where j.ineligible = '{}'
      and not exists (
        select from public.offer_proposals as p
        where p.user_id = v_trip.user_id
          and p.trip_request_id = v_trip.id
          and p.state = 'VETOED'
          and p.itinerary_key
          = coalesce((j.offer).itinerary_key, (j.offer).offer_id)
          and p.price_currency = (j.offer).price_currency
          and p.price_amount <= (j.offer).price_amount
      )
    order by
      j.score, j.price, (j.offer).duration, (j.offer).departs_at, (j.offer).offer_id
    limit 1
  )

  select
    (
      select jsonb_build_object(
        'offer_id', (b.offer).offer_id,
        'airline', (b.offer).airline,
        'price_amount', (b.offer).price_amount::text,
        'price_currency', (b.offer).price_currency,
        'expires_at', (b.offer).expires_at
      )
      from best as b
    ),
    (select engine.describe_offer(b.offer) || ' would be chosen.' from best as b),
    (select count(*) from judged as j),
    (select count(*) from judged as j where j.ineligible = '{}'),
    (
      select coalesce(jsonb_object_agg(m.reason, m.offers), '{}')
      from (
        select r.reason, count(*) as offers
        from judged as j
        cross join unnest(j.ineligible) as r (reason)
        group by r.reason
      ) as m
    )
  into v_best, v_says, v_offers, v_fit, v_why_not;
  return jsonb_build_object(
    'trip', v_trip.id,
    'offers', v_offers,
    'fit', v_fit,
    'best', v_best,
    'why_not', v_why_not,
    'sentence', coalesce(
      v_says,
      case v_offers
        when 0 then 'No offer of the last search lives: search again.'
        else format('None of %s offers that live would be chosen.', v_offers)
      end
    )
  );
end;
$$;
comment on function engine.preview_trip(uuid, jsonb) is 'See public.preview_trip.';
grant execute on function engine.preview_trip(uuid, jsonb)
  to authenticated, service_role;

create or replace function public.preview_trip(p_trip_id uuid, p_changes jsonb)
  returns jsonb
  language plpgsql stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.preview_trip(p_trip_id, p_changes);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.preview_trip(uuid, jsonb) is
  'Says which of the live offers would be chosen with other wishes, and stores '
  'nothing; raises SK013, SK026 or SK104.';
grant execute on function public.preview_trip(uuid, jsonb)
  to authenticated, service_role;
