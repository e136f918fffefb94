-- The final check of a call that is not idempotent at its provider, just before the
-- call leaves. A verdict says what to do instead of sending; null means that the call
-- is sent.
create or replace function engine.check_sending(
  p_operation text,
  p_attempt public.booking_attempts,
  p_trip public.trip_requests,
  p_now timestamptz,
  out verdict text,
  out reason text
)
  language plpgsql volatile
as $$
declare
  v_check record;
begin
  case p_operation
    when 'create_order' then
      v_check := engine.create_order_check(p_attempt, p_trip, p_now);
  end case;
  verdict := v_check.verdict;
  reason := v_check.reason;
end;
$$;
comment on function engine.check_sending(
  text, public.booking_attempts, public.trip_requests, timestamptz
) is
  'Says what to do instead of sending a call, by the function of the call''s own file; '
  'null to send it.';
