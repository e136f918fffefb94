-- A sidecar that keeps no traces gets the request alone. Any other gets it with the
-- provider to ask, the trace that the request's bytes carry, and the attempt.
create or replace function engine.call_request(
  p_call engine.provider_calls, p_traced boolean, p_provider text
) returns jsonb
  language plpgsql stable
as $$
begin
  if not p_traced then
    return engine.build_request(p_call);
  end if;
  return jsonb_build_object(
    'provider', p_provider,
    'traceparent', engine.traceparent(
      p_call.trace_id, p_call.trace_sampled,
      engine.call_span(1, p_call.id, p_call.epoch)
    ),
    'attempt', p_call.booking_attempt_id,
    'request', engine.build_request(p_call)
  );
end;
$$;
comment on function engine.call_request(engine.provider_calls, boolean, text) is
  'Returns what a worker needs to make a claimed call.';
