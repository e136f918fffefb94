-- Whose event it is. The id of a payment or an order says more than our own metadata:
-- that names the attempt which asked, also where a second payment was made for it.
-- The row as a whole, not its columns: those would be today's, and it would fail from a
-- migration that adds one on, until the code is deployed too.
create or replace function engine.event_attempt(p_object_id text, p_hints jsonb)
  returns public.booking_attempts
  language sql stable
begin atomic
  select a
  from public.booking_attempts as a
  where a.payment_intent_id = coalesce(p_hints ->> 'payment_intent', p_object_id)
    or a.order_id = p_hints ->> 'order_id'
    or a.offer_id = p_hints ->> 'offer_id'
    or a.id = case
      when p_hints ->> 'attempt_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        then (p_hints ->> 'attempt_id')::uuid
    end
  order by
    a.payment_intent_id is not distinct from
    coalesce(p_hints ->> 'payment_intent', p_object_id) desc,
    a.order_id is not distinct from p_hints ->> 'order_id' desc,
    a.started_at desc
  limit 1;
end;
comment on function engine.event_attempt(text, jsonb) is
  'Finds the attempt that an event is about, by the ids it names.';
