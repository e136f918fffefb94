-- The live read of the offer that is being booked, before any money moves. The answer
-- replaces what the search had said, and is judged by the same rules against the same
-- trip. An offer that no longer fits ends the attempt: no money is held yet. Each
-- reason of judge_offer has a rule here, its own or the general one at the end.
select engine.define_operation(
  'get_offer', 'duffel', p_lease => '90 seconds', p_max_tries => 6, p_breaks_after => 5,
  p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('get_offer', '*', '*', 'RETRY'),
  ('get_offer', '200', 'ok', 'OK'),
  ('get_offer', '429', '*', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('get_offer', '200', 'price_above_cap', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare rose above your limit before it could be booked.'),
  ('get_offer', '200', 'not_chargeable', 'RESEARCH', 'PENDING', '0', false,
    'The new fare cannot be charged exactly.'),
  ('get_offer', '200', 'currency_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline now sells this fare in another currency.'),
  ('get_offer', '200', 'expires_too_soon', 'RESEARCH', 'PENDING', '0', false,
    'The offer was about to expire.'),
  ('get_offer', '200', 'other_passengers', 'RESEARCH', 'PENDING', '0', false,
    'The airline''s answer was about other passengers.'),
  ('get_offer', '4xx', '*', 'RESEARCH', 'PENDING', '0', false,
    'The offer is no longer available.'),
  ('get_offer', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('get_offer', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, reason
)
select
  'get_offer',
  '200',
  r.reason,
  'RESEARCH',
  'PENDING',
  interval '0',
  format('Read again before paying, the offer was %s.', r.what)
from engine.list_reasons() as r
where not exists (
  select from engine.outcome_rules as o
  where o.operation = 'get_offer' and o.http_status = '200' and o.error_code = r.reason
);

create or replace function engine.get_offer_request(p_attempt public.booking_attempts)
  returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('offer_id', p_attempt.offer_id);
end;
$$;
comment on function engine.get_offer_request(public.booking_attempts) is
  'Asks for the offer by its id.';

-- What was read is stored first, if it can be, and judged as it is stored.
create or replace function engine.get_offer_code(
  p_attempt public.booking_attempts, p_report engine.call_report, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_body jsonb := p_report.body;
  v_trip public.trip_requests;
  v_offer public.flight_offers;
  v_code text;
begin
  if p_report.http_status = 200 then
    perform engine.store_live_offer(p_attempt, v_body -> 'data', p_now);
  end if;
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  v_code := engine.selected_offer_problem(v_trip, v_offer.id, p_now);
  return case
    when v_body #>> '{data,id}' is distinct from p_attempt.offer_id
      or engine.offer_problem(v_body -> 'data') is not null then 'unreadable'
    when not engine.same_passengers(
      v_offer.passengers, v_body #> '{data,passengers}'
    ) then 'other_passengers'
    when v_offer.read_live_at is distinct from p_now then 'unreadable'
    when v_offer.price_currency <> p_attempt.currency then 'currency_changed'
    when v_offer.price_amount > p_attempt.cap_amount
      or v_code in ('no_exchange_rate', 'exchange_rate_too_old')
      then 'price_above_cap'
    when v_code is not null then v_code
    -- The same ids, but a place is another traveller's now.
    when engine.places_moved(p_attempt) then 'other_passengers'
    else 'ok'
  end;
end;
$$;
comment on function engine.get_offer_code(
  public.booking_attempts, engine.call_report, timestamptz
) is 'Stores the offer as it is now, and names why it no longer fits, or that it fits.';

create or replace function engine.get_offer_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.agreed_amount := (p_report.body #>> '{data,total_amount}')::numeric;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.get_offer_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the price that the airline asks now, as the agreed one.';
