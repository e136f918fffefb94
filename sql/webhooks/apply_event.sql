-- An event leads to a read at its provider, or makes a read due sooner. An event moves
-- no attempt by itself, so that events that are repeated, old or out of order do no
-- harm. Returns null when the attempt that the event names is not known yet.
-- Lock order: provider_events (the caller), trip_requests, booking_attempts,
-- provider_calls.
create or replace function engine.apply_event(
  p_event engine.provider_events,
  p_effect engine.event_effects,
  p_user_id uuid,
  p_attempt_id uuid,
  p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_attempt public.booking_attempts;
  v_state engine.saga_states;
  v_intent text := coalesce(
    p_event.hints ->> 'payment_intent',
    case when p_effect.operation = 'look_payment' then p_event.object_id end
  );
  v_order text := p_event.hints ->> 'order_id';
  v_look text;
  v_began_at timestamptz := clock_timestamp();
begin
  if p_effect.effect = 'CARDS' then
    perform engine.enqueue_read(
      p_effect.operation, m.stripe_payment_method_id,
      jsonb_build_object('payment_method', m.stripe_payment_method_id),
      null::public.booking_attempts, p_now
    )
    from public.payment_methods as m
    where m.stripe_customer_id = p_event.object_id and m.detached_at is null
    order by m.stripe_payment_method_id;
    return case when found then 'looks' else 'not ours' end;
  end if;

  perform engine.take_trip(p_user_id, a.trip_request_id)
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update;
  if v_attempt.id is null
    and (
      p_effect.operation in ('look_payment', 'look_order')
      or p_effect.operation = 'look_charge' and v_intent is not null
    )
  then
    return null;
  end if;

  if v_attempt.trace_sampled then
    perform engine.add_span(
      v_attempt.trace_id,
      engine.child_span(10, hashtextextended(p_event.event_id, 0)),
      engine.attempt_span(7, v_attempt.id, 0), 'callback', v_began_at,
      jsonb_build_object(
        'attempt', v_attempt.id, 'provider', p_event.provider,
        'event', p_event.event_id, 'type', p_event.type,
        'received_at', p_event.received_at, 'received_by', p_event.received_by,
        'from', v_attempt.state
      )
    );
  end if;
  if p_effect.effect = 'HINT' then
    if v_attempt.order_id = v_order then
      return 'known';
    end if;
    update public.booking_attempts as a
    set order_hint = v_order
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and a.status = 'PENDING'
      and a.order_id is null;
  end if;
  select s.* into v_state from engine.saga_states as s where s.state = v_attempt.state;
  if not v_state.is_final then
    perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    -- An attempt in flight reads both providers by itself, unless a person decides.
    if p_effect.effect in ('HINT', 'NUDGE') and not v_state.is_parked then
      return 'nudged';
    end if;
  end if;

  -- Events come in bursts: one read, a little later, serves all of a burst.
  v_look := case
    when p_effect.operation = 'look_charge' and v_attempt.id is not null
      then 'look_payment'
    else p_effect.operation
  end;
  perform engine.enqueue_read(
    v_look,
    case v_look
      when 'look_order' then coalesce(v_order, v_attempt.order_id, v_attempt.offer_id)
      when 'look_payment' then coalesce(v_intent, v_attempt.payment_intent_id)
      else p_event.object_id
    end,
    case v_look
      when 'look_order' then jsonb_strip_nulls(
        jsonb_build_object(
          'offer_id', v_attempt.offer_id,
          'order_id', coalesce(v_order, v_attempt.order_id)
        )
      )
      when 'look_payment' then jsonb_build_object(
        'payment_intent', coalesce(v_intent, v_attempt.payment_intent_id)
      )
      else jsonb_build_object(
        case v_look
          when 'look_charge' then 'charge'
          when 'look_dispute' then 'dispute'
          when 'look_warning' then 'warning'
          when 'look_refund' then 'refund'
          when 'look_method' then 'payment_method'
        end,
        p_event.object_id
      )
    end,
    v_attempt, p_now + interval '2 seconds'
  );
  return v_look;
end;
$$;
comment on function engine.apply_event(
  engine.provider_events, engine.event_effects, uuid, uuid, timestamptz
) is
  'Enqueues the read that one event calls for; returns null when the event''s attempt '
  'is not known yet.';
