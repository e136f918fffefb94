-- A person has the id that is at hand: an order's or a payment's, from a provider's
-- dashboard or from a case. trace_story.sql wants one of ours. An order that no attempt
-- accounts for is known by its case. Definer: operators have no rights on tables.
create or replace function engine.story_id(p_object_id text) returns uuid
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_size('p_object_id', array[p_object_id], 1, 2000);
  return coalesce(
    (
      select a.id
      from public.booking_attempts as a
      where a.order_id = p_object_id or a.payment_intent_id = p_object_id
      order by a.attempt_no desc
      limit 1
    ),
    (
      select coalesce(c.booking_attempt_id, c.trip_request_id)
      from engine.review_cases as c
      where c.object_id = p_object_id
      order by c.id desc
      limit 1
    )
  );
end;
$$;
comment on function engine.story_id(text) is
  'Returns the attempt, or else the trip, that an order or a payment of this id '
  'belongs to; null when none is known. Raises SK025.';
grant execute on function engine.story_id(text) to skylatch_operator;
