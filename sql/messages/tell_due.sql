-- What no act of anybody begins: dates and cards that run out, and an order whose fate
-- has been unknown for ten minutes. Each is told once.
create or replace function engine.tell_due(p_now timestamptz) returns void
  language plpgsql volatile
as $$
declare
  v_today constant date := (p_now at time zone 'UTC')::date;
  v_month constant text := to_char(p_now at time zone 'UTC', 'YYYY-MM');
  v_next_month constant text := to_char(
    p_now at time zone 'UTC' + interval '1 month', 'YYYY-MM'
  );
begin
  perform engine.skip_stopped(p_now);
  perform engine.notify_traveller(
    t.user_id, 'trip.expiring', format('%s:%s', t.id, t.departure_to), t.id, null,
    engine.trip_facts(t) || jsonb_build_object('reason', t.status_reason), p_now
  )
  from public.trip_requests as t
  where t.auto_book_status in ('PENDING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED')
    and t.departure_to between v_today + 1 and v_today + 3
    -- Not who has just stated it.
    and t.created_at < p_now - interval '1 day'
    and not exists (
      select from public.notifications as n
      where n.user_id = t.user_id
        and n.kind = 'trip.expiring'
        and n.subject = format('%s:%s', t.id, t.departure_to)
    );
  perform engine.notify_traveller(
    t.user_id, 'card.expiring', format('%s:%s', m.id, t.id), t.id, null,
    engine.trip_facts(t) || jsonb_build_object(
      'brand', m.brand, 'last4', m.last4, 'month', m.exp_month, 'year', m.exp_year
    ),
    p_now
  )
  from public.payment_methods as m
  inner join public.trip_requests as t
    on m.user_id = t.user_id and m.id = t.payment_method_id
  where m.detached_at is null
    and (m.exp_year, m.exp_month) in (
      (left(v_month, 4)::smallint, right(v_month, 2)::smallint),
      (left(v_next_month, 4)::smallint, right(v_next_month, 2)::smallint)
    )
    and t.auto_book_enabled
    and t.auto_book_status = 'PENDING'
    and t.departure_to - 31 >= make_date(m.exp_year, m.exp_month, 1)
    and not exists (
      select from public.notifications as n
      where n.user_id = t.user_id
        and n.kind = 'card.expiring'
        and n.subject = format('%s:%s', m.id, t.id)
    );
  perform engine.notify_traveller(
    a.user_id, 'trip.frozen', a.id::text, t.id, null,
    engine.trip_facts(t) || jsonb_build_object(
      'reason', s.meaning, 'price', a.agreed_amount::text, 'currency', a.currency
    ),
    p_now
  )
  from public.booking_attempts as a
  inner join engine.saga_states as s on a.state = s.state
  inner join public.trip_requests as t
    on a.user_id = t.user_id and a.trip_request_id = t.id
  where a.state = 'ORDER_UNKNOWN'
    and a.state_changed_at < p_now - interval '10 minutes'
    and a.status = 'PENDING'
    and not exists (
      select from public.notifications as n
      where n.user_id = a.user_id
        and n.kind = 'trip.frozen'
        and n.subject = a.id::text
    );
end;
$$;
comment on function engine.tell_due(timestamptz) is
  'Tells of trips and cards that are about to expire, and of orders whose fate is '
  'unknown.';
