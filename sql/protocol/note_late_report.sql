-- A report of a lease that is over, or about an attempt that has moved on, is not
-- believed. What it says is kept: it may be the only trace of an order, and then it
-- says where the attempt has to look. The caller holds the locks of the trip and the
-- attempt.
create or replace function engine.note_late_report(
  p_call engine.provider_calls,
  p_attempt public.booking_attempts,
  p_report engine.call_report,
  p_actor text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_hint text := case p_call.operation
    when 'create_order' then engine.create_order_hint(p_report)
  end;
begin
  if v_hint is not null
    and p_attempt.state in ('ORDERING', 'ORDER_UNKNOWN', 'NEEDS_REVIEW')
  then
    update public.booking_attempts as a
    set order_hint = v_hint
    where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;
    perform engine.nudge_attempt(p_call.user_id, p_call.booking_attempt_id, p_now);
  end if;
  if p_call.user_id is not null then
    perform engine.log_event(
      p_call.user_id, p_call.trip_request_id, p_call.booking_attempt_id, p_actor,
      'call:' || p_call.id, p_attempt.state, p_attempt.state,
      p_call.operation || ': a late report was ignored',
      jsonb_strip_nulls(
        jsonb_build_object(
          'http_status', p_report.http_status,
          'request_id', p_report.request_id,
          'object', coalesce(p_report.body #>> '{data,id}', p_report.body ->> 'id'),
          'epoch', p_report.epoch
        )
      ),
      case when p_call.booking_attempt_id is null then p_call.trace_id end
    );
  end if;
end;
$$;
comment on function engine.note_late_report(
  engine.provider_calls, public.booking_attempts, engine.call_report, text, timestamptz
) is
  'Keeps what a report says that came too late to be believed, and what order it hints '
  'at.';
