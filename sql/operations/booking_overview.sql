-- What was bought and became of it; without the references, see trip_overview.sql.
-- Definer: operators have no table.
create or replace function engine.booking_overview(
  p_status text default null, p_limit integer default 50
)
  returns table (
    booking_id uuid,
    trip_id uuid,
    attempt_id uuid,
    traveller text,
    status text,
    origins text[],
    destinations text[],
    airline text,
    -- By the clock of the airport.
    departs_local timestamp,
    price numeric,
    currency text,
    booked_at timestamptz,
    cancelled_at timestamptz,
    refund_amount numeric,
    attention text,
    order_id text,
    payment_intent_id text
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_size('p_status', array[p_status], 1, 100);
  return query
  select
    b.id,
    b.trip_request_id,
    b.booking_attempt_id,
    'traveller ' || left(b.user_id::text, 8),
    b.status,
    t.origins,
    t.destinations,
    o.airline,
    o.departs_local[1],
    b.price::numeric,
    b.currency,
    b.booked_at,
    b.cancelled_at,
    b.refund_amount::numeric,
    b.attention,
    b.order_id,
    b.payment_intent_id
  from public.flight_bookings as b
  inner join public.trip_requests as t
    on b.user_id = t.user_id and b.trip_request_id = t.id
  left join public.flight_offers as o
    on b.user_id = o.user_id and b.flight_offer_id = o.id and o.day = '9999-12-31'
  where p_status is null or b.status = p_status
  order by b.booked_at desc, b.id
  limit p_limit;
end;
$$;
comment on function engine.booking_overview(text, integer) is
  'Lists bookings, the newest first, with what became of each; no person.';
grant execute on function engine.booking_overview(text, integer) to skylatch_operator;
