-- All searches of a round are answered: the best offer is booked, or proposed, or the
-- engine waits for a lower fare, or it says why nothing is booked. Returns the first
-- call of the attempt that begins. The attempt goes on with the trace of the search
-- that closed the round. The caller holds the trip's row lock.
create or replace function engine.decide_trip(
  p_user_id uuid,
  p_trip_id uuid,
  p_actor text,
  p_now timestamptz,
  p_trace engine.trace_context default null,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
  v_best uuid;
  v_fit integer;
  v_mode text;
  v_reason text;
  v_answers jsonb;
  v_status text := 'PENDING';
  v_began_at timestamptz := clock_timestamp();
  v_trace engine.trace_context := p_trace;
  v_call_id bigint;
begin
  v_trace.span_id := engine.child_span(4, p_trace.span_id);
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  if v_trip.auto_book_status <> 'PENDING'
    or engine.has_live_attempt(p_user_id, p_trip_id)
    or exists (
      select from engine.provider_calls as c
      where c.user_id = p_user_id
        and c.trip_request_id = p_trip_id
        and c.operation = 'search'
        and c.state in ('READY', 'CLAIMED')
    )
  then
    return null;
  end if;
  v_fit := engine.rank_trip(p_user_id, p_trip_id, p_now);
  perform engine.count_offers(p_user_id, p_trip_id, v_trip.search_round);
  if p_trace.is_sampled then
    perform engine.add_span(
      p_trace.trace_id, engine.child_span(5, p_trace.span_id), v_trace.span_id, 'rank',
      v_began_at, '{}'
    );
  end if;
  v_best := engine.best_offer(v_trip);
  if v_best is not null then
    v_mode := engine.trip_mode(v_trip);
    if v_mode = 'WATCH' then
      select format(
        'An offer fits: %s. This trip is only watched.', engine.describe_offer(o)
      ) into v_reason
      from public.flight_offers as o
      where o.user_id = p_user_id
        and o.id = v_best
        and o.day >= coalesce(v_trip.offers_from, '0001-01-01');
    elsif not v_trip.auto_book_enabled then
      v_reason := 'An offer fits; automatic booking is not switched on for this trip.';
    else
      v_reason := engine.switch_problem(p_user_id, p_now);
      if v_reason is null then
        v_answers := engine.flag_answers(p_user_id);
        v_reason := engine.gates_problem(v_answers);
      end if;
      v_reason := 'An offer fits, but booking is off: ' || v_reason;
    end if;
    if v_reason is null then
      -- What the trip lacks by now (its card expired, a profile was emptied) is for the
      -- traveller to mend; the offers that were found are kept.
      begin
        select b.call_id, b.reason into v_call_id, v_reason
        from engine.book_in_mode(
          v_trip, v_best, v_mode, p_actor, p_now, v_answers, v_trace, p_hand_to
        ) as b;
        if v_call_id is not null then
          v_status := 'BOOKING';
        end if;
      exception
      when sqlstate 'SK007' or sqlstate 'SK008' or sqlstate 'SK010' or sqlstate 'SK114'
      then
        get stacked diagnostics v_reason = pg_exception_hint;
        v_status := 'ACTION_REQUIRED';
      -- What other trips stand in the way of may be free again by the next round.
      when sqlstate 'SK109' or sqlstate 'SK110' or sqlstate 'SK111' or sqlstate 'SK112'
        or sqlstate 'SK113' or sqlstate 'SK115'
      then
        get stacked diagnostics v_reason = pg_exception_hint;
      end;
    end if;
  else
    v_reason := coalesce(
      (
        select p.sentence
        from public.offer_proposals as p
        where p.user_id = p_user_id
          and p.trip_request_id = p_trip_id
          and p.state = 'OPEN'
          and coalesce(p.books_at, p.answer_by) > p_now
      ),
      case
        when v_fit > 0 then 'You said no to what fits. The trip is searched on.'
      end,
      engine.describe_round(p_user_id, p_trip_id), v_trip.status_reason,
      -- A late answer to what the trip no longer asks for is none of this round.
      'No search was answered yet.'
    );
  end if;
  if p_trace.is_sampled then
    perform engine.add_span(
      p_trace.trace_id, v_trace.span_id, p_trace.span_id, 'decide', v_began_at,
      jsonb_build_object(
        'trip', p_trip_id, 'round', v_trip.search_round, 'offer', v_best,
        'status', v_status
      )
    );
  end if;
  if v_call_id is not null then
    return v_call_id;
  end if;
  -- Of an offer that is booked or proposed the traveller hears anyway.
  if v_best is null or v_mode = 'WATCH' or not v_trip.auto_book_enabled then
    perform engine.tell_fare(v_trip, p_now);
  end if;
  update public.trip_requests as t
  set
    auto_book_status = v_status,
    status_reason = v_reason,
    status_changed_at = case
      when v_status = t.auto_book_status then t.status_changed_at else p_now
    end
  where t.user_id = p_user_id and t.id = p_trip_id;
  perform engine.log_event(
    p_user_id, p_trip_id, null, p_actor, 'round:' || v_trip.search_round, null, null,
    v_reason, '{}', p_trace.trace_id
  );
  return null;
end;
$$;
comment on function engine.decide_trip(
  uuid, uuid, text, timestamptz, engine.trace_context, text
) is
  'Ranks a finished round and books its best offer, or records why not.';
