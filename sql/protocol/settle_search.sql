-- Stores what a search found, or records its failure. Then decide_trip decides on the
-- trip, if no other search of its round is outstanding. Returns the first call of the
-- attempt that begins. The caller holds the trip's row lock.
create or replace function engine.settle_search(
  p_call engine.provider_calls,
  p_report engine.call_report,
  p_verdict text,
  p_rule engine.outcome_rules,
  p_actor text,
  p_now timestamptz,
  p_began_at timestamptz,
  p_hand_to text
) returns bigint
  language plpgsql volatile
as $$
declare
  v_stored integer;
  v_ingest_at timestamptz := clock_timestamp();
  v_span bigint := engine.call_span(2, p_call.id, p_call.epoch);
  v_next bigint;
begin
  if p_verdict = 'OK' then
    v_stored := engine.search_facts(p_call, p_report, p_now);
    if p_call.trace_sampled then
      perform engine.add_span(
        p_call.trace_id, engine.child_span(3, v_span), v_span, 'ingest', v_ingest_at,
        jsonb_build_object('offers', v_stored)
      );
    end if;
  else
    perform engine.search_failure(p_call, p_rule, p_now);
  end if;
  perform engine.log_event(
    p_call.user_id, p_call.trip_request_id, null, p_actor, 'call:' || p_call.id,
    null, null, format('search: %s', lower(p_verdict collate "C")),
    jsonb_strip_nulls(
      jsonb_build_object(
        'offers', v_stored,
        'http_status', p_report.http_status,
        'error_code', p_report.error_code,
        'request_id', p_report.request_id
      )
    ),
    p_call.trace_id
  );
  v_next := engine.decide_trip(
    p_call.user_id, p_call.trip_request_id, p_actor, p_now,
    row(p_call.trace_id, p_call.trace_sampled, v_span)::engine.trace_context, p_hand_to
  );
  if p_call.trace_sampled then
    perform engine.add_span(
      p_call.trace_id, v_span, engine.child_span(1, v_span), 'settle', p_began_at,
      jsonb_build_object('trip', p_call.trip_request_id, 'next_call', v_next)
    );
  end if;
  return v_next;
end;
$$;
comment on function engine.settle_search(
  engine.provider_calls, engine.call_report, text, engine.outcome_rules, text,
  timestamptz, timestamptz, text
) is
  'Stores what a search found, decides on its trip, and returns the call to make next.';
