-- The word by which outcome_rules knows an answer: the provider's own code, a Stripe
-- object's status, or, for a success, what our own checks of it say. Of several errors
-- the least known counts: one code that may mean "something exists" outweighs others.
drop function if exists engine.outcome_code(engine.provider_calls, jsonb, timestamptz);
create or replace function engine.outcome_code(
  p_call engine.provider_calls, p_report engine.call_report, p_now timestamptz
) returns text
  language plpgsql stable
as $$
declare
  v_status integer := p_report.http_status;
  v_body jsonb := p_report.body;
  v_attempt public.booking_attempts;
  v_trip public.trip_requests;
  v_offer public.flight_offers;
  v_code text;
  v_provider text;
  v_observes boolean;
begin
  if v_status is null then
    return coalesce(p_report.error_code, 'no_answer');
  elsif jsonb_typeof(v_body) is distinct from 'object' then
    return 'unreadable';
  end if;
  select o.provider, o.observes into v_provider, v_observes
  from engine.operations as o where o.operation = p_call.operation;
  if v_status >= 400 then
    if v_provider = 'duffel' then
      select e.value ->> 'code' into v_code
      from jsonb_array_elements(
        case jsonb_typeof(v_body -> 'errors')
          when 'array' then v_body -> 'errors' else '[]'
        end
      ) as e
      left join engine.outcome_rules as r
        on r.operation = p_call.operation and r.error_code = e.value ->> 'code'
      order by r.error_code is not null
      limit 1;
    else
      v_code := coalesce(
        v_body #>> '{error,decline_code}', v_body #>> '{error,code}',
        v_body #>> '{error,type}'
      );
      if v_body #>> '{error,code}' = 'authentication_required' then
        v_code := 'authentication_required';
      end if;
    end if;
    return engine.provider_word(v_code, 'no_code');
  end if;

  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
  case p_call.operation
    when 'search' then
      return case
        when jsonb_typeof(v_body -> 'offers') = 'array'
          and v_body #>> '{offer_request,id}' is not null then 'ok'
        else 'unreadable'
      end;
    when 'get_offer' then
      select t.* into v_trip
      from public.trip_requests as t
      where t.user_id = p_call.user_id and t.id = p_call.trip_request_id;
      select o.* into v_offer
      from public.flight_offers as o
      where o.user_id = v_attempt.user_id
        and o.id = v_attempt.flight_offer_id
        and o.day = '9999-12-31';
      -- What was read is stored by now (store_live_offer), if it could be.
      v_code := engine.selected_offer_problem(v_trip, v_offer.id, p_now);
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.offer_id
          or engine.offer_problem(v_body -> 'data') is not null then 'unreadable'
        when not engine.same_passengers(
          v_offer.passengers, v_body #> '{data,passengers}'
        ) then 'other_passengers'
        when v_offer.read_live_at is distinct from p_now then 'unreadable'
        when v_offer.price_currency <> v_attempt.currency then 'currency_changed'
        when v_offer.price_amount > v_attempt.cap_amount
          or v_code in ('no_exchange_rate', 'exchange_rate_too_old')
          then 'price_above_cap'
        when v_code is not null then v_code
        -- The same ids, but a place is another traveller's now.
        when engine.places_moved(v_attempt) then 'other_passengers'
        else 'ok'
      end;
    when 'create_order' then
      return case
        when v_body #>> '{data,id}' is null
          or v_body #>> '{data,booking_reference}' is null then 'unreadable'
        when v_body #>> '{data,offer_id}' is distinct from v_attempt.offer_id
          or v_body #>> '{data,metadata,attempt_id}'
          is distinct from v_attempt.id::text then 'wrong_offer'
        when v_body #>> '{data,total_currency}' is distinct from v_attempt.currency
          or (v_body #>> '{data,total_amount}')::numeric
          is distinct from v_attempt.agreed_amount then 'amount_mismatch'
        else coalesce(engine.order_problem(v_attempt, v_body -> 'data'), 'ok')
      end;
    when 'find_order' then
      return engine.found_order(v_attempt, v_body) ->> 'code';
    when 'quote_cancellation' then
      return case
        when v_body #>> '{data,id}' is null then 'unreadable'
        when v_body #>> '{data,refund_to}' is distinct from 'balance'
          or v_body #>> '{data,refund_currency}' is distinct from v_attempt.currency
          then 'refund_elsewhere'
        when (v_body #>> '{data,refund_amount}')::numeric >= v_attempt.min_refund
          then 'ok'
        else 'refund_too_low'
      end;
    when 'confirm_cancellation' then
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.cancellation_id
          or v_body #>> '{data,confirmed_at}' is null then 'unreadable'
        else 'ok'
      end;
    when 'read_cancellation' then
      return case
        when v_body #>> '{data,id}' is distinct from v_attempt.order_id then 'unreadable'
        when v_body #>> '{data,cancelled_at}' is null then 'not_cancelled'
        -- Cancelled by a quote that we have, or without money to give back.
        when v_attempt.refund_amount is not null or v_attempt.status <> 'SUCCESS'
          then 'ok'
        else 'refund_unknown'
      end;
    when 'find_refunds' then
      return engine.found_refund(v_attempt, v_body) ->> 'code';
    when 'create_refund' then
      return engine.found_refund(
        v_attempt, jsonb_build_object('refunds', jsonb_build_array(v_body))
      ) ->> 'code';
    else
      if v_observes then
        -- An answer that is not about what was asked for says nothing.
        return case
          when case
            when p_call.operation in ('look_order', 'scan_orders')
              then jsonb_typeof(v_body -> 'orders') = 'array'
            when p_call.operation = 'scan_payments'
              then jsonb_typeof(v_body -> 'payment_intents') = 'array'
            when starts_with(p_call.operation, 'sweep_')
              then jsonb_typeof(v_body -> 'events') = 'array'
            else v_body ->> 'id' = p_call.object_id
          end then 'ok'
          else 'unreadable'
        end;
      end if;
      return case
        when v_body ->> 'currency' is distinct from lower(v_attempt.currency collate "C")
          or (v_body ->> 'amount')::bigint is distinct from
          engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency)
          then 'amount_mismatch'
        when v_body ->> 'status' = 'succeeded'
          and (v_body ->> 'amount_received')::bigint
          is distinct from (v_body ->> 'amount')::bigint then 'amount_mismatch'
        else engine.provider_word(v_body ->> 'status', 'unreadable')
      end;
  end case;
end;
$$;
comment on function engine.outcome_code(
  engine.provider_calls, engine.call_report, timestamptz
) is 'Names an answer for outcome_rules.';
