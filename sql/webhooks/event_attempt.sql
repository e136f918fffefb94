-- Finds the attempt by the id of a payment or an order first. Our metadata comes
-- second: it names the attempt that asked, even where a second payment was made for
-- that attempt.
-- The query selects the row as a whole. A list of its columns would be fixed when this
-- function is created, and would fail from a migration that adds a column until the
-- code is deployed too.
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
  'Finds the attempt that an event is about, by the ids that the event names.';
