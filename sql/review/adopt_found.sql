-- Looks at attempts that, as far as this history goes, have not ordered yet, and at
-- Stripe's payments that carry their mark. A lost history may have gone further with
-- such an attempt. Then its payment becomes the attempt's. Where Duffel has shown an
-- order (judge_orders left a hint), or money was taken, which never happens before an
-- order, the attempt looks for its order instead of making one; the call that it would
-- have made next is closed. An order for which Stripe holds no money is a case for a
-- person. A trip that somebody keeps locked for long is passed over, as in
-- review/judge_orders.sql.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.adopt_found(
  p_payments jsonb, p_read_at timestamptz, p_now timestamptz
) returns table (at_odds integer, passed_over integer)
  language plpgsql volatile
as $$
declare
  v_is_confirmed boolean := engine.history_problem() is null;
  v_found record;
  v_attempt public.booking_attempts;
  v_is_unpaid boolean;
  v_number integer := 0;
  v_passed_over integer := 0;
begin
  for v_found in
    with seen as materialized (
      select distinct on (m.attempt_id)
        m.attempt_id,
        i.value as facts,
        i.value ->> 'id' as payment,
        i.value ->> 'status' in (
          'requires_payment_method', 'requires_confirmation', 'requires_action'
        ) as is_unpaid,
        coalesce((i.value ->> 'amount_received')::bigint, 0) > 0 as was_taken,
        (
          select round((i.value ->> 'amount')::numeric / c.stripe_factor, c.minor_digits)
          from engine.currencies as c
          where c.code = upper((i.value ->> 'currency') collate "C")
        ) as amount,
        upper((i.value ->> 'currency') collate "C") as currency
      from jsonb_array_elements(p_payments) as i
      cross join lateral engine.try_uuid(i.value #>> '{metadata,attempt_id}')
        as m (attempt_id)
      where m.attempt_id is not null
        and not engine.belongs_elsewhere(i.value -> 'metadata')
      -- Of several payments the one with money in it; the others become cases.
      order by
        m.attempt_id,
        coalesce((i.value ->> 'amount_received')::bigint, 0) desc,
        i.value ->> 'status' = 'requires_capture' desc,
        i.value ->> 'id'
    )

    select
      s.*,
      a.user_id,
      a.id,
      a.trip_request_id,
      a.order_hint is not null or coalesce(s.was_taken, false) as has_order
    from public.booking_attempts as a
    left join seen as s on a.id = s.attempt_id
    where a.state in (
        'REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'AWAITING_HOLDER', 'ORDERING'
      )
      and (
        a.order_hint is not null
        or s.was_taken
        -- Otherwise the payment's id is on its way.
        or a.payment_intent_id is null and s.payment is not null and not v_is_confirmed
      )
      -- A call that was sent gets an answer, or its lease ends.
      and not exists (
        select from engine.provider_calls as c
        where c.user_id = a.user_id
          and c.booking_attempt_id = a.id
          and c.operation = 'create_order'
          and c.state = 'SENT'
      )
    order by a.trip_request_id
  loop
    if not engine.hold_listed_trip(v_found.trip_request_id, p_read_at, p_now) then
      v_passed_over := v_passed_over + 1;
      if v_found.has_order then
        perform engine.note_lost(
          v_found.id, v_found.trip_request_id, v_found.facts, p_now
        );
      end if;
      continue;
    end if;
    update public.booking_attempts as a
    set
      payment_intent_id = coalesce(a.payment_intent_id, v_found.payment),
      agreed_amount = case
        when v_found.has_order
          and v_found.currency = a.currency
          and v_found.amount <= a.cap_amount
          and v_found.amount <> a.agreed_amount then v_found.amount
        else a.agreed_amount
      end
    where a.user_id = v_found.user_id
      and a.id = v_found.id
      and a.state in (
        'REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'AWAITING_HOLDER', 'ORDERING'
      )
    returning a.* into v_attempt;
    continue when not found or not v_found.has_order;
    v_number := v_number + 1;
    v_is_unpaid := v_attempt.payment_intent_id is null or coalesce(v_found.is_unpaid, false);
    update engine.provider_calls as c
    set
      state = case c.operation when 'create_order' then 'UNKNOWN' else 'DONE' end,
      verdict = case c.operation when 'create_order' then 'UNKNOWN' else 'STOP' end,
      error_code = 'order_known',
      lease_until = null,
      sent_at = case c.operation when 'create_order' then p_now else c.sent_at end,
      finished_at = p_now
    where c.user_id = v_attempt.user_id
      and c.booking_attempt_id = v_attempt.id
      and c.object_id is null
      and c.state in ('READY', 'CLAIMED');
    perform engine.command_attempt(
      v_attempt.user_id, v_attempt.id,
      case when v_is_unpaid then 'FREEZE' else 'FOUND' end,
      'scan', 'order:' || coalesce(v_attempt.order_hint, v_attempt.payment_intent_id),
      case
        when v_is_unpaid then 'Duffel has an order of it, and Stripe holds nothing.'
        when v_attempt.order_hint is null then 'Its money was taken already.'
        else 'Duffel has an order of it already.'
      end,
      p_now
    );
  end loop;
  return query select v_number, v_passed_over;
end;
$$;
comment on function engine.adopt_found(jsonb, timestamptz, timestamptz) is
  'Makes attempts that a lost history had taken further look for their orders; returns '
  'how many, and how many were passed over because their trip is locked.';
