-- Orders and captures count as the providers see them: what our rows tell, and what a
-- scan has found (review/find_doubles.sql), whoever made it.
create or replace function engine.one_live_order_and_one_capture_per_trip(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    format('%s of trip %s', d.what, t.trip_request_id), format('%s live', d.live),
    t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select 'orders' as what, count(*) as live
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.order_id is not null
      and a.order_cancelled_at is null
    union all
    select 'payments', count(*)
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.captured_amount is not null
      and a.refunded_at is null
      and a.order_cancelled_at is null
  ) as d
  where d.live > 1
  union
  select
    c.object_id, c.evidence ->> 'found',
    null::timestamptz
  from engine.review_cases as c
  where c.kind = 'DOUBLE_BOOKING' and c.resolved_at is null;
end;
$$;
comment on function engine.one_live_order_and_one_capture_per_trip(timestamptz) is
  'Rows that break the promise: one live order and one capture per trip.';
