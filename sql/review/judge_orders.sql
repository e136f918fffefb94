-- Compares Duffel's orders that carry our mark, and no other installation's, with our
-- attempts. Orders that agree with our rows are passed over in one statement. Any other
-- order is adopted where an attempt waits for it, and otherwise becomes a case. An
-- attempt that ended since the list was asked for is not judged yet. A case that a
-- person closed stays closed.
-- A trip that somebody keeps locked for long (review/hold_listed_trip.sql) is passed
-- over and counted, because one traveller must not keep the whole list from being
-- compared. Until the trip is compared, a case that needs none of its locks
-- (review/note_lost.sql) keeps it from ordering.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.judge_orders(
  p_orders jsonb,
  p_read_at timestamptz,
  p_made_before timestamptz,
  p_now timestamptz
) returns table (at_odds integer, passed_over integer)
  language plpgsql volatile
as $$
declare
  v_found record;
  v_attempt public.booking_attempts;
  v_case_id bigint;
  v_number integer := 0;
  v_passed_over integer := 0;
begin
  for v_found in
    with seen as materialized (
      select
        o.value as facts,
        o.value ->> 'id' as order_id,
        o.value ->> 'cancelled_at' is not null as is_cancelled,
        m.attempt_id,
        (o.value ->> 'created_at')::timestamptz < p_made_before as is_due,
        engine.try_uuid(o.value #>> '{metadata,trip_request_id}') as trip_id,
        count(*) filter (
          where o.value ->> 'cancelled_at' is null
            and (o.value ->> 'created_at')::timestamptz < p_made_before
        ) over (partition by m.attempt_id) as live_orders,
        jsonb_agg(o.value) over (partition by m.attempt_id) as all_facts
      from jsonb_array_elements(p_orders) as o
      cross join lateral engine.try_uuid(o.value #>> '{metadata,attempt_id}')
        as m (attempt_id)
      where m.attempt_id is not null
        and not engine.belongs_elsewhere(o.value -> 'metadata')
    )

    select
      s.*,
      a.user_id,
      a.trip_request_id,
      case
        when u.is_unsent then 'HINT'
        when s.is_cancelled then 'GONE'
        when a.id is null then 'ORPHAN'
        when a.state in ('FAILED', 'CANCELLED') then 'ORPHAN'
        when s.order_id = a.order_id then null
        when s.live_orders > 1 or a.order_id is not null then 'SEVERAL'
        when a.state in ('ORDER_UNKNOWN', 'NEEDS_REVIEW') then 'HINT'
      end as finding
    from seen as s
    left join public.booking_attempts as a on s.attempt_id = a.id
    -- As far as this history goes the order was not sent yet, so no answer is on its
    -- way. It was sent in a history that a failover or a restore has lost, or by a try
    -- that was taken for failed.
    cross join lateral (
      select not s.is_cancelled
        and a.order_id is null
        and (
          a.state in ('REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'AWAITING_HOLDER')
          or a.state = 'ORDERING' and exists (
            select from engine.provider_calls as c
            where c.user_id = a.user_id
              and c.booking_attempt_id = a.id
              and c.operation = 'create_order'
              and c.state in ('READY', 'CLAIMED')
          )
        ) as is_unsent
    ) as u
    where case
      when u.is_unsent then a.order_hint is distinct from s.order_id
      when s.is_due is not true then false
      when s.is_cancelled then exists (
        select from engine.review_cases as c
        where c.kind = 'ORPHAN_ORDER'
          and c.object_id = s.order_id
          and c.resolved_at is null
      )
      when a.id is null then true
      when a.state in ('FAILED', 'CANCELLED')
        then a.ended_at < p_read_at
      when s.order_id = a.order_id then false
      when s.live_orders > 1 or a.order_id is not null then true
      else a.state = 'ORDER_UNKNOWN'
        or a.state = 'NEEDS_REVIEW' and a.order_hint is distinct from s.order_id
    end
    order by coalesce(a.trip_request_id, s.trip_id), s.attempt_id, s.order_id
  loop
    if v_found.finding = 'GONE' then
      perform engine.close_case(
        'ORPHAN_ORDER', v_found.order_id, 'engine', 'the order is cancelled', p_now
      );
      continue;
    end if;
    if not engine.hold_listed_trip(
      coalesce(v_found.trip_request_id, v_found.trip_id), p_read_at, p_now
    ) then
      v_passed_over := v_passed_over + 1;
      perform engine.note_lost(
        v_found.attempt_id, coalesce(v_found.trip_request_id, v_found.trip_id),
        v_found.facts, p_now
      );
      continue;
    end if;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_found.user_id and a.id = v_found.attempt_id
    for no key update;
    v_number := v_number + 1;
    if v_found.finding = 'HINT' then
      update public.booking_attempts as a
      set order_hint = v_found.order_id
      where a.user_id = v_attempt.user_id
        and a.id = v_attempt.id
        and a.order_id is null;
      perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    elsif v_found.finding = 'SEVERAL' then
      perform engine.find_case(
        'ORDER_CONTRADICTION', v_attempt.id::text, v_attempt,
        'Duffel shows more than one order of one attempt.',
        jsonb_build_object('found', v_found.all_facts), p_now
      );
      perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    else
      v_case_id := engine.find_case(
        'ORPHAN_ORDER', v_found.order_id, v_attempt,
        case
          when v_attempt.id is null then 'Duffel has an order of ours that is unknown here.'
          else 'Duffel has an order of an attempt that ended without one.'
        end,
        jsonb_build_object('found', v_found.facts), p_now
      );
      continue when v_case_id is null;
      perform engine.hold_trip(
        v_case_id, coalesce(v_found.trip_request_id, v_found.trip_id), p_now
      );
      if v_attempt.state = 'FAILED' and not exists (
        select from public.booking_attempts as a
        where a.user_id = v_attempt.user_id
          and a.trip_request_id = v_attempt.trip_request_id
          and a.status = 'PENDING'
      )
      and not exists (
        select from public.flight_bookings as b
        where b.user_id = v_attempt.user_id
          and b.trip_request_id = v_attempt.trip_request_id
          and b.status = 'CONFIRMED'
      )
      then
        update public.booking_attempts as a
        set order_hint = v_found.order_id
        where a.user_id = v_attempt.user_id and a.id = v_attempt.id;
        perform engine.command_attempt(
          v_attempt.user_id, v_attempt.id, 'REOPEN', 'scan',
          'order:' || v_found.order_id,
          'an order of this attempt was found at Duffel', p_now
        );
      end if;
    end if;
  end loop;
  return query select v_number, v_passed_over;
end;
$$;
comment on function engine.judge_orders(
  jsonb, timestamptz, timestamptz, timestamptz
) is
  'Compares listed orders with our attempts; returns how many do not agree, and how '
  'many were passed over because their trip is locked.';
