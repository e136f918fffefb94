-- Compares a complete list, never a part of one. An order made a few minutes ago is not
-- judged yet, because its answer may be on the way. The exception is a history that is
-- not confirmed: no answer is awaited in it, and the orders of the last minutes are
-- what a failover loses. The list of payments is compared next, so that a hold is
-- released only when it is known to belong to no order.
create or replace function engine.compare_orders(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_found integer;
  v_passed_over integer;
begin
  select j.at_odds, j.passed_over into v_found, v_passed_over
  from engine.judge_orders(
    p_body -> 'orders', coalesce(p_call.claimed_at, p_now),
    case
      when engine.history_problem() is null then p_now - interval '5 minutes'
      else 'infinity'
    end,
    p_now
  ) as j;
  perform engine.find_doubles(
    'orders', array_agg(engine.try_uuid(o.value #>> '{metadata,trip_request_id}')),
    array_agg(o.value ->> 'id'), array_agg(o.value ->> 'cancelled_at' is null), p_now
  )
  from jsonb_array_elements(p_body -> 'orders') as o
  where not engine.belongs_elsewhere(o.value -> 'metadata');
  -- The list also shows what an airline did to a booking of ours without an event.
  perform engine.note_order(
    p_call, jsonb_build_object('orders', jsonb_agg(o.value)), p_now
  )
  from jsonb_array_elements(p_body -> 'orders') as o
  inner join public.flight_bookings as b on o.value ->> 'id' = b.order_id
  where b.status = 'CONFIRMED'
    and (
      o.value ->> 'cancelled_at' is not null
      or o.value -> 'airline_initiated_changes' @> '[{}]'
    )
  having count(*) > 0;
  perform engine.finish_scan('orders', p_call, v_found, v_passed_over, p_now);
  perform engine.start_scan('payments', p_now);
  return format('%s of %s', v_found, jsonb_array_length(p_body -> 'orders'));
end;
$$;
comment on function engine.compare_orders(
  engine.provider_calls, jsonb, timestamptz
) is
  'Compares a complete list of Duffel''s orders with our rows, and asks for the list '
  'of payments.';
