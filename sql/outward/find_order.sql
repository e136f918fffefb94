-- Looks for the order that may exist. An order that is ours and as agreed is adopted.
-- Only the provider's own statement that the order was not created, or is cancelled,
-- ends the search. An empty list proves nothing, because an order may take hours to
-- appear. So the order is looked for often at first, and then for a day.
select engine.define_operation(
  'find_order', 'duffel', p_lease => '180 seconds', p_max_tries => 1,
  p_waits => '{2 s,5 s,15 s,1 min}'::interval[]
  || array_fill('5 min'::interval, '{72}') || array_fill('30 min'::interval, '{36}')
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('find_order', '*', '*', 'RETRY'),
  ('find_order', '200', 'ok', 'OK'),
  ('find_order', '200', 'none', 'RETRY'),
  ('find_order', '200', 'unfinished', 'RETRY'),
  ('find_order', '200', 'several', 'REVIEW'),
  ('find_order', '200', 'wrong_offer', 'REVIEW'),
  ('find_order', '200', 'other_journey', 'REVIEW'),
  ('find_order', '200', 'other_party', 'REVIEW'),
  ('find_order', '200', 'amount_mismatch', 'REVIEW');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('find_order', '200', 'creation_failed', 'RESEARCH', 'PENDING', '0', false,
    'The airline could not make the booking.'),
  ('find_order', '200', 'cancelled', 'FAIL', 'PENDING', '10 minutes', false,
    'The airline cancelled the order before it was paid.');

create or replace function engine.find_order_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object(
    'offer_id', p_attempt.offer_id, 'order_id', p_attempt.order_hint
  );
end;
$$;
comment on function engine.find_order_request(public.booking_attempts) is
  'Asks for the orders of the offer, and for the order that an answer or event has '
  'mentioned.';

create or replace function engine.find_order_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.found_order(p_attempt, p_report.body) ->> 'code';
end;
$$;
comment on function engine.find_order_code(
  public.booking_attempts, engine.call_report
) is 'Names whether one of the listed orders is the attempt''s.';

create or replace function engine.find_order_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  if p_verdict in ('OK', 'REVIEW', 'FAIL') and p_report.error_code <> 'several' then
    return engine.order_facts(
      p_attempt, engine.found_order(p_attempt, p_report.body) -> 'order'
    );
  end if;
  return p_attempt;
end;
$$;
comment on function engine.find_order_facts(
  public.booking_attempts, text, engine.call_report
) is
  'Returns the attempt with the order that was found, whatever else is wrong with that '
  'order.';
