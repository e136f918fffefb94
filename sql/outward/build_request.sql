-- What the sidecar needs to make a call, put together at hand-out from rows that are
-- frozen while the attempt runs. Personal data is read here and stored nowhere else.
-- Null when it cannot be built: one broken call must not keep others from being
-- claimed.
create or replace function engine.build_request(p_call engine.provider_calls)
  returns jsonb
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts;
  v_card public.payment_methods;
begin
  if p_call.operation = 'search' then
    return p_call.payload -> 'request';
  elsif p_call.operation = 'cancel_orphan_payment' and (
    -- Since it was asked for, the attempt may have been opened again.
    select engine.may_have_order(a.user_id, a.id, p_call.created_at)
    from public.booking_attempts as a
    where a.id = (p_call.payload ->> 'attempt_id')::uuid
  ) then
    return null;
  elsif p_call.object_id is not null then
    return p_call.payload;
  end if;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
  case p_call.operation
    when 'get_offer' then
      return jsonb_build_object('offer_id', v_attempt.offer_id);
    when 'create_order' then
      return jsonb_build_object(
        'type', 'instant',
        'selected_offers', jsonb_build_array(v_attempt.offer_id),
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
          where p.user_id = v_attempt.user_id and p.booking_attempt_id = v_attempt.id
        ),
        'payments', jsonb_build_array(
          jsonb_build_object(
            'type', 'balance',
            'amount', v_attempt.agreed_amount::text,
            'currency', v_attempt.currency
          )
        ),
        'metadata', engine.our_mark(v_attempt)
      );
    when 'create_payment' then
      select m.* into v_card
      from public.payment_methods as m
      where m.user_id = v_attempt.user_id and m.id = v_attempt.payment_method_id;
      return jsonb_build_object(
        'amount', engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency),
        'currency', lower(v_attempt.currency collate "C"),
        'customer', v_card.stripe_customer_id,
        'payment_method', v_card.stripe_payment_method_id,
        'metadata', engine.our_mark(v_attempt)
      );
    when 'capture_payment' then
      return jsonb_build_object(
        'payment_intent', v_attempt.payment_intent_id,
        'amount_to_capture',
        engine.stripe_amount(v_attempt.agreed_amount, v_attempt.currency)
      );
    when 'create_refund' then
      return jsonb_build_object(
        'payment_intent', v_attempt.payment_intent_id,
        'amount', engine.stripe_amount(v_attempt.refund_amount, v_attempt.currency),
        'metadata', (engine.our_mark(v_attempt) - 'trip_request_id') || jsonb_build_object(
          'refund_id', format('%s:%s', v_attempt.id, v_attempt.refund_no)
        )
      );
    when 'find_order' then
      return jsonb_build_object(
        'offer_id', v_attempt.offer_id, 'order_id', v_attempt.order_hint
      );
    when 'quote_cancellation', 'read_cancellation' then
      return jsonb_build_object('order_id', v_attempt.order_id);
    when 'confirm_cancellation' then
      return jsonb_build_object('cancellation_id', v_attempt.cancellation_id);
    else
      return jsonb_build_object('payment_intent', v_attempt.payment_intent_id);
  end case;
exception when others then
  raise warning 'request of call % (trace %) not built: % %',
    p_call.id, engine.trace_hex(p_call.trace_id), sqlstate, sqlerrm;
  return null;
end;
$$;
comment on function engine.build_request(engine.provider_calls) is
  'Builds the body of one outward call.';
