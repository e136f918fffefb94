-- The order: exactly one is ever sent. It is not idempotent at its provider, so a final
-- check, whose commit says that the order is on its way, comes just before it leaves.
-- Only the answers that are listed here say "nothing was created"; any other freezes
-- the trip until the truth is found (outward/find_order.sql). Its lease outlives the
-- 130 s that Duffel may take, plus the connect.
select engine.define_operation(
  'create_order', 'duffel', p_lease => '200 seconds', p_max_tries => 6,
  p_marks_sent => true, p_breaks_after => 5, p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('create_order', '*', '*', 'UNKNOWN'),
  ('create_order', '201', 'ok', 'OK'),
  ('create_order', '201', 'amount_mismatch', 'REVIEW'),
  ('create_order', '201', 'wrong_offer', 'REVIEW'),
  ('create_order', '201', 'other_journey', 'REVIEW'),
  ('create_order', '201', 'other_party', 'REVIEW'),
  ('create_order', 'none', 'not_sent', 'RETRY'),
  ('create_order', '429', 'rate_limit_exceeded', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('create_order', '422', 'offer_no_longer_available', 'RESEARCH', 'PENDING', '0',
    false, 'The offer is no longer available.'),
  ('create_order', '422', 'offer_expired', 'RESEARCH', 'PENDING', '0', false,
    'The offer expired before it could be booked.'),
  ('create_order', '422', 'schedule_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline changed the schedule of this offer.'),
  ('create_order', '422', 'price_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline changed the price while booking.'),
  ('create_order', '422', 'payment_amount_does_not_match_order_amount', 'RESEARCH',
    'PENDING', '0', false, 'The airline changed the price while booking.'),
  ('create_order', '422', 'payment_currency_does_not_match_order_currency', 'RESEARCH',
    'PENDING', '0', false, 'The airline changed the currency while booking.'),
  ('create_order', '422', 'insufficient_balance', 'FAIL', 'PENDING', '1 hour', true,
    'Our account with the airline seller ran dry; we are looking into it.'),
  ('create_order', '422', 'payment_declined', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment to the airline was declined; we are looking into it.'),
  ('create_order', '422', 'invalid_passenger_name', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a passenger name. Please correct it.'),
  ('create_order', '422', 'invalid_passenger_title', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a passenger title. Please correct it.'),
  ('create_order', '422', 'invalid_phone_number', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a phone number. Please correct it.'),
  ('create_order', '422', 'invalid_email_address', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused an e-mail address. Please correct it.'),
  ('create_order', '422', 'duplicate_passenger_name', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Two passengers have the same name. Please correct one.'),
  ('create_order', '422', 'duplicate_passenger_names', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Two passengers have the same name. Please correct one.'),
  ('create_order', '422', 'order_passengers_incompatible_with_offer', 'FAIL',
    'ACTION_REQUIRED', null, false, 'The passengers do not fit the searched ages.'),
  ('create_order', '422', 'validation_required', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline needs more passenger data.'),
  ('create_order', '422', 'validation_format', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_length', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_inclusion', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_type', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '502', 'order_not_created', 'RESEARCH', 'PENDING', '0', false,
    'The airline could not make the booking.'),
  ('create_order', '401', 'access_token_not_found', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'expired_access_token', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'missing_authorization_header', 'FAIL', 'PENDING', '1 hour',
    true, 'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'invalid_authorization_header', 'FAIL', 'PENDING', '1 hour',
    true, 'Our booking account was refused; we are looking into it.'),
  ('create_order', '403', 'insufficient_permissions', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '403', 'unavailable_feature', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.');

create or replace function engine.create_order_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object(
    'type', 'instant',
    'selected_offers', jsonb_build_array(p_attempt.offer_id),
    'passengers', (
      select jsonb_agg(
        jsonb_strip_nulls(
          jsonb_build_object(
            'id', p.passenger_id,
            'infant_passenger_id', p.infant_passenger_id,
            'title', p.title,
            'gender', p.gender,
            'given_name', p.given_name,
            'family_name', p.family_name,
            'born_on', to_char(p.born_on::timestamp, 'YYYY-MM-DD'),
            'email', p.email,
            'phone_number', p.phone_number
          )
        )
        order by p.passenger_id
      )
      from engine.booking_attempt_passengers as p
      where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
    ),
    'payments', jsonb_build_array(
      jsonb_build_object(
        'type', 'balance',
        'amount', p_attempt.agreed_amount::text,
        'currency', p_attempt.currency
      )
    ),
    'metadata', engine.our_mark(p_attempt)
  );
end;
$$;
comment on function engine.create_order_request(public.booking_attempts) is
  'Builds the order: the offer, its passengers as they were frozen, the agreed amount '
  'and our mark.';

-- The final check: the verdict says what happens instead of sending, and null means
-- "send it". STOP: something has changed since the intent, and the attempt goes back.
-- UNKNOWN: an order of this attempt is known, and is looked for. WAIT: an order may
-- exist that this history has lost, so nothing is sent and nothing is let go of. The
-- caller holds the locks of the trip, the traveller and the attempt.
create or replace function engine.create_order_check(
  p_attempt public.booking_attempts,
  p_trip public.trip_requests,
  p_now timestamptz,
  out verdict text,
  out reason text
)
  language plpgsql volatile
as $$
declare
  v_offer public.flight_offers;
  v_problem text;
  v_wait text;
begin
  if p_attempt.order_hint is not null then
    -- Duffel has shown an order of this attempt, whatever this history knows of it.
    verdict := 'UNKNOWN';
    reason := 'Duffel has an order of it already.';
    return;
  end if;
  -- As the live read left it.
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  v_problem := engine.selected_offer_problem(p_trip, v_offer.id, p_now);
  reason := coalesce(
    'booking is off: ' || engine.flag_problem(p_trip.user_id, p_now),
    case
      when p_trip.auto_book_status <> 'BOOKING'
        then 'the trip is ' || p_trip.auto_book_status
      when engine.party_problem(p_trip.user_id, p_trip.id) is not null
        then 'a passenger is not complete'
      when p_trip.version <> p_attempt.trip_version then 'the trip was changed'
      when engine.party_change(p_attempt) then 'a passenger was changed'
      when engine.consent_problem(p_trip) is not null
        then 'the consent does not cover ' || engine.consent_problem(p_trip)
      when (v_offer.price_amount, v_offer.price_currency)
        is distinct from (p_attempt.agreed_amount, p_attempt.currency)
        then 'the price is not the one that was agreed'
      when v_problem in ('price_above_cap', 'no_exchange_rate', 'exchange_rate_too_old')
        then 'the price is over the limit'
      when v_problem is not null
        then 'the offer is ' || coalesce(
          (select r.what from engine.list_reasons() as r where r.reason = v_problem),
          v_problem
        )
      -- The fare may have risen, or the limit been lowered, since the booking began.
      when engine.spending_problem(
        p_attempt.user_id, p_attempt.currency, 0, p_now
      ) is not null then 'the spending limit was reached'
      -- An airline may have moved another flight of somebody since.
      when engine.overlap_problem(p_attempt.user_id, p_attempt.id) is not null
        then 'a passenger is on another flight at that time'
      when p_attempt.capture_before < p_now + interval '1 hour'
        then 'the card authorization is about to lapse'
      -- Last, for it lets one order at a time pass.
      when engine.ceiling_problem(
        p_attempt.user_id, p_attempt.currency, p_attempt.agreed_amount, p_attempt.id,
        p_now
      ) is not null then 'a spending ceiling was reached'
    end
  );
  v_wait := coalesce(
    engine.history_problem(),
    (
      select c.summary
      from engine.review_cases as c
      where c.user_id = p_attempt.user_id
        and c.trip_request_id = p_attempt.trip_request_id
        and c.resolved_at is null
        and c.kind = 'LOST_ATTEMPT'
      limit 1
    )
  );
  if v_wait is not null then
    verdict := 'WAIT';
    reason := v_wait;
  elsif reason is not null then
    verdict := 'STOP';
  end if;
end;
$$;
comment on function engine.create_order_check(
  public.booking_attempts, public.trip_requests, timestamptz
) is
  'Says why an order must not leave now, and what to do instead; null when it may '
  'leave.';

create or replace function engine.create_order_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
declare
  v_order jsonb := p_report.body -> 'data';
begin
  return case
    when v_order ->> 'id' is null or v_order ->> 'booking_reference' is null
      then 'unreadable'
    when v_order ->> 'offer_id' is distinct from p_attempt.offer_id
      or v_order #>> '{metadata,attempt_id}' is distinct from p_attempt.id::text
      then 'wrong_offer'
    when v_order ->> 'total_currency' is distinct from p_attempt.currency
      or (v_order ->> 'total_amount')::numeric
      is distinct from p_attempt.agreed_amount then 'amount_mismatch'
    else coalesce(engine.order_problem(p_attempt, v_order), 'ok')
  end;
end;
$$;
comment on function engine.create_order_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer, or in what the order is not what was asked for.';

create or replace function engine.create_order_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict in ('OK', 'REVIEW') then
    return engine.order_facts(p_attempt, p_report.body -> 'data');
  elsif p_verdict = 'UNKNOWN' then
    v_attempt.order_hint := coalesce(
      engine.create_order_hint(p_report), p_attempt.order_hint
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.create_order_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the order that was made, or with where to look for it.';

create or replace function engine.create_order_hint(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return p_report.body #>> '{data,id}';
end;
$$;
comment on function engine.create_order_hint(engine.call_report) is
  'Returns the id of the order that an answer mentions, though the answer may not be '
  'believed.';
