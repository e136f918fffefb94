create or replace function engine.order_facts(
  p_attempt public.booking_attempts, p_order jsonb
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_order is not null then
    v_attempt.order_id := p_order ->> 'id';
    v_attempt.booking_reference := p_order ->> 'booking_reference';
    v_attempt.order_cancelled_at := (p_order ->> 'cancelled_at')::timestamptz;
    v_attempt.itinerary := coalesce(
      engine.order_itinerary(p_order), p_attempt.itinerary
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.order_facts(public.booking_attempts, jsonb) is
  'Returns the attempt with the id and the details of its order.';
