-- Compares Stripe's payments that carry our mark, and no other installation's, with our
-- attempts. A hold of an attempt that ended is released when a list of Duffel's orders,
-- read completely since, shows no order of the attempt. A hold that may belong to an
-- order, and money that was taken, are cases for a person.
-- A payment made a few minutes ago, and an attempt that ended since the list was asked
-- for, are not judged yet. In a history that is not confirmed all payments are judged,
-- and attempts take over what is theirs (review/adopt_found.sql).
-- A payment with this installation's name of an attempt that we do not know is left by
-- a failover. Its trip waits for the next lists (review/note_lost.sql); when these show
-- no order, the hold is released. A trip that somebody keeps locked for long is passed
-- over, as in review/judge_orders.sql.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.compare_payments(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_is_confirmed boolean := engine.history_problem() is null;
  -- When the list of orders before this list was asked for; null when that was too
  -- early to show everything of a lost history: then no hold is released.
  v_ordered_to timestamptz := (
    select s.read_at
    from engine.scans as s
    where s.scan = 'orders'
      and s.history = engine.present_history()
      and s.read_at >= coalesce(engine.history_settles_at(), '-infinity')
  );
  v_found record;
  v_attempt public.booking_attempts;
  v_case_id bigint;
  v_number integer := 0;
  v_passed_over integer := 0;
  v_is_lost boolean := false;
begin
  select f.at_odds, f.passed_over into v_number, v_passed_over
  from engine.adopt_found(p_body -> 'payment_intents', v_read_at, p_now) as f;
  for v_found in
    with seen as materialized (
      select
        i.value as facts,
        i.value ->> 'id' as payment,
        i.value ->> 'status' as status,
        to_timestamp((i.value ->> 'created')::bigint) as made_at,
        coalesce((i.value ->> 'amount_received')::bigint, 0) as received,
        engine.try_uuid(i.value #>> '{metadata,attempt_id}') as attempt_id,
        engine.try_uuid(i.value #>> '{metadata,trip_request_id}') as trip_id,
        i.value -> 'metadata' ? 'installation_id' as is_named
      from jsonb_array_elements(p_body -> 'payment_intents') as i
      where not engine.belongs_elsewhere(i.value -> 'metadata')
    )

    select
      s.*,
      a.user_id,
      a.trip_request_id,
      -- Money, or a hold that may belong to an order, is a case for a person.
      case
        when s.status = 'canceled' then 'GONE'
        when s.received > 0 then 'CASE'
        when a.id is null and s.is_named and t.id is not null and (
          s.status = 'requires_capture' or not v_is_confirmed
        )
          then case
            when exists (
              select from engine.review_cases as c
              where c.kind = 'ORPHAN_ORDER'
                and c.evidence #>> '{found,metadata,attempt_id}' = s.attempt_id::text
            ) then 'CASE'
            when exists (
              select from engine.review_cases as c
              where c.kind = 'LOST_ATTEMPT'
                and c.object_id = s.attempt_id::text
                and c.resolved_at is null
                and c.evidence_at < v_ordered_to
            ) then 'CANCEL'
            else 'LOST'
          end
        when s.status <> 'requires_capture' then 'CANCEL'
        when a.id is null or a.status = 'PENDING' then 'CASE'
        when v_ordered_to is null then 'WAIT'
        else case engine.may_have_order(a.user_id, a.id, s.made_at)
          when true then 'CASE' when false then 'CANCEL' else 'WAIT'
        end
      end as finding
    from seen as s
    left join public.booking_attempts as a on s.attempt_id = a.id
    left join public.trip_requests as t on s.trip_id = t.id
    where s.attempt_id is not null
      and (
        s.made_at < p_now - interval '5 minutes'
        or not v_is_confirmed
        -- An attempt is committed before its payment is made: this attempt was lost.
        or a.id is null and s.is_named
      )
      and case
        when s.status = 'canceled' then exists (
          select from engine.review_cases as c
          where c.kind = 'ORPHAN_PAYMENT'
            and c.object_id = s.payment
            and c.resolved_at is null
        )
        -- The attempt's own payment, while it runs or when its end accounts for it.
        when s.payment = a.payment_intent_id and (
          a.ended_at is null
          or a.ended_at >= v_read_at
          or a.status = 'SUCCESS'
          or s.received > 0 and a.refunded_at is not null
        ) then false
        -- The payment's id is on its way.
        when a.status = 'PENDING' and a.payment_intent_id is null then false
        when s.received > 0 or s.status = 'requires_capture' then true
        when a.id is null and s.is_named and not v_is_confirmed then true
        -- No money is held, and after a day nobody waits for the payment. A payment
        -- that names neither an attempt of ours nor this installation may be another's.
        else s.made_at < p_now - interval '1 day' and (a.id is not null or s.is_named)
      end
    order by coalesce(a.trip_request_id, s.trip_id), s.payment
  loop
    if v_found.finding = 'GONE' then
      perform engine.close_case(
        'ORPHAN_PAYMENT', v_found.payment, 'engine', 'the payment is canceled', p_now
      );
      continue;
    elsif v_found.finding = 'WAIT' then
      continue;
    elsif v_found.finding = 'LOST' then
      v_number := v_number + 1;
      v_is_lost := true;
      perform engine.note_lost(
        v_found.attempt_id, v_found.trip_id, v_found.facts, p_now
      );
      continue;
    end if;
    if v_found.finding = 'CANCEL' then
      v_number := v_number + 1;
      perform engine.enqueue_read(
        'cancel_orphan_payment', v_found.payment,
        jsonb_build_object(
          'payment_intent', v_found.payment, 'attempt_id', v_found.attempt_id
        ),
        null, p_now
      );
      continue;
    end if;
    if not engine.hold_listed_trip(
      coalesce(v_found.trip_request_id, v_found.trip_id), v_read_at, p_now
    ) then
      v_passed_over := v_passed_over + 1;
      perform engine.note_lost(
        v_found.attempt_id, coalesce(v_found.trip_request_id, v_found.trip_id),
        v_found.facts, p_now
      );
      continue;
    end if;
    v_number := v_number + 1;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_found.user_id and a.id = v_found.attempt_id
    for no key update;
    v_case_id := engine.find_case(
      'ORPHAN_PAYMENT', v_found.payment, v_attempt,
      case
        when v_found.received > 0 then 'Stripe took money that no booking accounts for.'
        else 'Stripe holds money that no attempt accounts for.'
      end,
      jsonb_build_object('found', v_found.facts), p_now
    );
    if v_case_id is not null then
      perform engine.hold_trip(
        v_case_id, coalesce(v_found.trip_request_id, v_found.trip_id), p_now
      );
    end if;
  end loop;
  perform engine.find_doubles(
    'payments', array_agg(engine.try_uuid(i.value #>> '{metadata,trip_request_id}')),
    array_agg(i.value ->> 'id'),
    array_agg(coalesce((i.value ->> 'amount_received')::bigint, 0) > 0), p_now
  )
  from jsonb_array_elements(p_body -> 'payment_intents') as i
  where not engine.belongs_elsewhere(i.value -> 'metadata');
  perform engine.close_case(
    c.kind, c.object_id, 'engine', 'later lists show no order of it', p_now
  )
  from engine.review_cases as c
  where c.kind = 'LOST_ATTEMPT' and c.resolved_at is null and c.evidence_at < v_ordered_to;
  perform engine.finish_scan('payments', p_call, v_number, v_passed_over, p_now);
  if v_is_lost then
    perform engine.start_scan('orders', p_now + interval '5 minutes');
  end if;
  return format(
    '%s of %s', v_number, jsonb_array_length(p_body -> 'payment_intents')
  );
end;
$$;
comment on function engine.compare_payments(
  engine.provider_calls, jsonb, timestamptz
) is
  'Compares a complete list of Stripe''s payments with our attempts: releases stray '
  'holds, opens cases for the rest.';
