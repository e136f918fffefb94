-- Commits the intent to book one offer. Everything that must hold before money is spent
-- is checked here, in the transaction that commits the intent. A partial unique index
-- lets a trip have one live attempt; this function only turns its violation into an
-- answer. In a mode that asks the traveller first, the caller has said yes to a
-- proposal, and its price is the limit. The caller holds the trip's row lock.
-- Lock order: trip_requests, then the traveller, then booking_attempts, then
-- provider_calls.
create or replace function engine.begin_attempt(
  p_trip public.trip_requests,
  p_flight_offer_id uuid,
  p_actor text,
  p_now timestamptz,
  p_answers jsonb default null,
  p_trace engine.trace_context default null,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_offer public.flight_offers;
  v_attempt public.booking_attempts;
  v_mode text := engine.trip_mode(p_trip);
  v_proposal public.offer_proposals;
  -- The limit in the offer's currency.
  v_limit record;
  v_problem text;
  v_answers jsonb;
  v_began_at timestamptz := clock_timestamp();
  v_trace engine.trace_context := p_trace;
  -- The trace of the search that found the offer, where this one is another.
  v_link text;
  v_call_id bigint;
begin
  v_answers := engine.require_pipeline(p_trip.user_id, p_now, p_answers);
  perform engine.require_bookable(p_trip);
  v_proposal := engine.approved_proposal(p_trip, v_mode);
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.trip_request_id = p_trip.id
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01')
  for no key update;
  select c.* into v_limit
  from engine.convert_cap(p_trip, v_offer.price_currency, p_now) as c;
  if v_proposal.price_currency = v_offer.price_currency then
    v_limit.cap := least(v_limit.cap, v_proposal.price_amount);
  end if;
  v_problem := case
    when v_offer.id is null
      or v_offer.status <> 'ACTIVE'
      or v_offer.rank is null
      or v_offer.search_round <> p_trip.search_round
      or v_offer.expires_at < p_now + interval '2 minutes'
      -- Of another day, and another trip's.
      or exists (
        select from public.flight_offers as o
        where o.offer_id = v_offer.offer_id and o.day = '9999-12-31'
      ) then 'offer'
    when (v_offer.price_amount <= v_limit.cap) is not true then 'price'
  end;
  if v_problem is not null then
    raise exception using
      errcode = 'SK102',
      message = 'no offer of this trip can be booked now',
      detail = jsonb_build_object('trip', p_trip.id, 'problem', v_problem),
      hint = 'Search again with duffel_search; rank_offers shows what fits and why not.';
  end if;
  perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
  perform engine.check_party(p_trip.user_id, p_trip.id);
  perform engine.check_consent(p_trip);
  -- Two trips of one traveller that begin at once are decided one after the other.
  perform engine.lock_traveller(p_trip.user_id);
  perform engine.check_failures(p_trip.user_id, p_now);
  v_problem := engine.spending_problem(
    p_trip.user_id, v_offer.price_currency, v_offer.price_amount, p_now
  );
  if v_problem is not null then
    raise exception using
      errcode = 'SK109',
      message = 'the traveller''s spending limit does not allow this',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = v_problem;
  end if;
  perform engine.check_ceilings(
    p_trip.user_id, p_trip.id, v_offer.price_currency, v_offer.price_amount, p_now
  );

  if v_trace.trace_id is null then
    v_trace.trace_id := gen_random_uuid();
    v_trace.span_id := null;
    v_trace.is_sampled := random() < engine.trace_ratio(p_now);
    v_link := (
      select engine.traceparent(
        c.trace_id, c.trace_sampled, engine.call_span(6, c.id, 0)
      )
      from engine.provider_calls as c
      where c.user_id = p_trip.user_id
        and c.trip_request_id = p_trip.id
        and c.operation = 'search'
        and c.state = 'DONE'
      order by c.finished_at desc
      limit 1
    );
  end if;
  -- It outlives the day of its search, and the attempt's key points at it there.
  update public.flight_offers as o
  set status = 'SELECTED', day = '9999-12-31', updated_at = p_now
  where o.user_id = v_offer.user_id and o.id = v_offer.id
    and o.day = v_offer.day;
  insert into public.booking_attempts as a (
    user_id, trip_request_id, attempt_no, state, idempotency_key, flight_offer_id,
    offer_id, agreed_amount, currency, cap_amount, trip_version, flags,
    payment_method_id, started_at, state_changed_at, trace_id, trace_sampled,
    booking_mode
  )
  select
    p_trip.user_id,
    p_trip.id,
    coalesce(max(b.attempt_no), 0) + 1,
    'REPRICING',
    format('%s:%s', p_trip.id, coalesce(max(b.attempt_no), 0) + 1),
    v_offer.id,
    v_offer.offer_id,
    v_offer.price_amount,
    v_offer.price_currency,
    v_limit.cap,
    p_trip.version,
    (
      select jsonb_object_agg(f.key, f.value - array['detail', 'doubt'])
      from jsonb_each(v_answers) as f
    ),
    p_trip.payment_method_id,
    p_now,
    p_now,
    v_trace.trace_id,
    v_trace.is_sampled,
    coalesce(v_proposal.mode, v_mode)
  from public.booking_attempts as b
  where b.user_id = p_trip.user_id and b.trip_request_id = p_trip.id
  returning a.* into v_attempt;
  update public.offer_proposals as p
  set booking_attempt_id = v_attempt.id
  where p.user_id = v_proposal.user_id and p.id = v_proposal.id;
  perform engine.freeze_party(v_attempt);
  v_problem := engine.overlap_problem(p_trip.user_id, v_attempt.id);
  if v_problem is not null then
    raise exception using
      errcode = 'SK110',
      message = 'a passenger is on another flight at that time',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = v_problem;
  end if;

  update public.trip_requests as t
  set
    auto_book_status = 'BOOKING',
    selected_offer_id = v_offer.id,
    status_reason = format(
      'Booking %s for %s.', v_offer.airline,
      engine.format_money(v_offer.price_amount, v_offer.price_currency)
    ),
    status_changed_at = p_now
  where t.user_id = p_trip.user_id and t.id = p_trip.id;
  perform engine.log_event(
    v_attempt.user_id, v_attempt.trip_request_id, v_attempt.id, p_actor,
    'offer:' || v_offer.offer_id, null, 'REPRICING',
    coalesce(
      'the proposed offer is booked: ' || v_proposal.reason,
      'the best offer fits: booking it'
    ),
    jsonb_build_object(
      'offer', v_offer.offer_id, 'amount', v_offer.price_amount::text,
      'currency', v_offer.price_currency, 'cap', v_limit.cap::text,
      'rate', v_limit.rate::text, 'rate_as_of', v_limit.rate_as_of,
      'score', v_offer.score
    ) || case
      when v_link is null then '{}' else jsonb_build_object('found_by', v_link)
    end,
    v_trace.trace_id
  );
  v_call_id := engine.enqueue_step(v_attempt, 'get_offer', p_now, p_hand_to);
  if v_trace.is_sampled then
    perform engine.add_span(
      v_trace.trace_id, engine.attempt_span(7, v_attempt.id, 0), v_trace.span_id,
      'begin', v_began_at,
      jsonb_build_object(
        'trip', p_trip.id, 'attempt', v_attempt.id, 'offer', v_offer.offer_id,
        'next_call', v_call_id, 'link', v_link
      )
    );
  end if;
  return v_call_id;
end;
$$;
comment on function engine.begin_attempt(
  public.trip_requests, uuid, text, timestamptz, jsonb, engine.trace_context, text
) is
  'Commits the intent to book one offer and returns its first call; raises SK007, '
  'SK008, SK010, SK101, SK102, SK103, SK109, SK110, SK111, SK112, SK113, SK114, '
  'SK115 or SK201.';
