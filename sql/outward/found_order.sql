-- Finds which of the listed orders is the attempt's. Should the provider ignore its
-- filter, every order would be listed: so offer and metadata are checked on each row.
-- An order of our offer without our mark, or with another installation's, is a case for
-- a person.
create or replace function engine.found_order(
  p_attempt public.booking_attempts, p_body jsonb
) returns jsonb
  language plpgsql stable
as $$
declare
  v_orders jsonb;
  v_order jsonb;
begin
  if jsonb_typeof(p_body -> 'orders') is distinct from 'array' then
    return jsonb_build_object('code', 'unreadable');
  end if;
  select coalesce(jsonb_agg(o.value), '[]') into v_orders
  from jsonb_array_elements(p_body -> 'orders') as o
  where o.value ->> 'offer_id' = p_attempt.offer_id
    or o.value #>> '{metadata,attempt_id}' = p_attempt.id::text
    and not engine.belongs_elsewhere(o.value -> 'metadata');
  v_order := v_orders -> 0;
  return jsonb_build_object(
    'order', v_order,
    'code', case
      when v_orders = '[]' and exists (
        select from engine.provider_events as e
        where e.provider = 'duffel'
          and e.object_id = p_attempt.offer_id
          and e.type = 'order.creation_failed'
      ) then 'creation_failed'
      when v_orders = '[]' then 'none'
      when jsonb_array_length(v_orders) > 1 then 'several'
      when v_order ->> 'offer_id' is distinct from p_attempt.offer_id
        or v_order #>> '{metadata,attempt_id}' is distinct from p_attempt.id::text
        or engine.belongs_elsewhere(v_order -> 'metadata')
        then 'wrong_offer'
      when v_order ->> 'cancelled_at' is not null then 'cancelled'
      when v_order ->> 'id' is null or v_order ->> 'booking_reference' is null
        then 'unfinished'
      when v_order ->> 'total_currency' is distinct from p_attempt.currency
        or (v_order ->> 'total_amount')::numeric is distinct from p_attempt.agreed_amount
        then 'amount_mismatch'
      else coalesce(engine.order_problem(p_attempt, v_order), 'ok')
    end
  );
end;
$$;
comment on function engine.found_order(public.booking_attempts, jsonb) is
  'Finds an attempt''s order among listed ones; returns {"code", "order"}.';
