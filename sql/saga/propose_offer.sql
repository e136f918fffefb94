-- Puts an offer before the traveller, who is asked about one offer of a trip at a time.
-- A proposal that stands is not replaced by a dearer offer or an equal one. In the mode
-- APPROVAL a cheaper one replaces it. In the mode VETO_WINDOW none does until the
-- window is over: a new window for each fare would put the booking off for ever. The
-- window may outlast the offer's life, because the trip is searched again at its end.
-- The traveller is told of each new proposal. The caller holds the trip's row lock.
create or replace function engine.propose_offer(
  p_trip public.trip_requests,
  p_flight_offer_id uuid,
  p_mode text,
  p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_form constant text := 'YYYY-MM-DD HH24:MI "UTC"';
  v_offer public.flight_offers;
  v_open public.offer_proposals;
  v_new public.offer_proposals;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01');
  select p.* into v_open
  from public.offer_proposals as p
  where p.user_id = p_trip.user_id
    and p.trip_request_id = p_trip.id
    and p.state = 'OPEN';
  if v_open.mode = p_mode
    and v_open.trip_version = p_trip.version
    and coalesce(v_open.books_at, v_open.answer_by) > p_now
    and (
      p_mode = 'VETO_WINDOW'
      or v_open.price_currency <> v_offer.price_currency
      or v_open.price_amount <= v_offer.price_amount
    )
  then
    perform engine.put_off_searches(p_trip, v_open, p_now);
    return v_open.sentence;
  end if;
  update public.offer_proposals as p
  set
    state = case
      when coalesce(p.books_at, p.answer_by) > p_now or p.books_at is not null
        then 'REPLACED'
      else 'LAPSED'
    end,
    state_changed_at = p_now,
    reason = 'another offer was proposed'
  where p.user_id = v_open.user_id and p.id = v_open.id;
  -- What begin_attempt asks of an offer's life.
  v_new.answer_by := v_offer.expires_at - interval '2 minutes';
  if p_mode = 'APPROVAL' and v_new.answer_by <= p_now then
    return 'An offer fits, but it expires too soon to be approved.';
  end if;
  if p_mode = 'VETO_WINDOW' then
    v_new.books_at := p_now + make_interval(mins => p_trip.veto_minutes);
    v_new.sentence := format(
      '%s fits. It is booked after %s, if it costs no more by then and you do not say '
      'no (veto_booking).',
      engine.describe_offer(v_offer), to_char(v_new.books_at at time zone 'UTC', v_form)
    );
  else
    v_new.sentence := format(
      '%s fits. It is booked if you approve it (approve_offer) before %s.',
      engine.describe_offer(v_offer),
      to_char(v_new.answer_by at time zone 'UTC', v_form)
    );
  end if;
  insert into public.offer_proposals as p (
    user_id, trip_request_id, trip_version, mode, flight_offer_id, offer_day,
    search_round, offer_id, itinerary_key, airline, price_amount, price_currency,
    departs_at, sentence, proposed_at, answer_by, books_at, closes_at, state_changed_at
  )
  values (
    p_trip.user_id, p_trip.id, p_trip.version, p_mode, v_offer.id, v_offer.day,
    v_offer.search_round, v_offer.offer_id,
    coalesce(v_offer.itinerary_key, v_offer.offer_id), v_offer.airline,
    v_offer.price_amount, v_offer.price_currency, v_offer.departs_at, v_new.sentence,
    p_now, v_new.answer_by, v_new.books_at,
    -- The search at the window's end has two hours to be answered.
    coalesce(v_new.books_at + interval '2 hours', v_new.answer_by), p_now
  )
  returning p.* into v_new;
  perform engine.notify_traveller(
    v_new.user_id,
    case p_mode when 'APPROVAL' then 'trip.approval_required' else 'trip.veto_open' end,
    v_new.id::text, p_trip.id, null,
    engine.trip_facts(p_trip) || jsonb_build_object(
      'offer_id', v_new.offer_id,
      'airline', v_new.airline,
      'price', v_new.price_amount::text,
      'currency', v_new.price_currency,
      'answer_by', v_new.answer_by,
      'books_at', v_new.books_at,
      'reason', v_new.sentence
    ),
    p_now
  );
  perform engine.put_off_searches(p_trip, v_new, p_now);
  return v_new.sentence;
end;
$$;
comment on function engine.propose_offer(
  public.trip_requests, uuid, text, timestamptz
) is
  'Puts an offer before the traveller, or lets the proposal stand that there is; '
  'returns what it says.';
