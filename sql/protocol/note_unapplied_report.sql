-- A report could not be applied. The failure is counted, and the audit keeps its reason
-- and the object that the report was about: the report may be the only trace of an
-- order.
create or replace function engine.note_unapplied_report(
  p_call_id bigint,
  p_said jsonb,
  p_sqlstate text,
  p_error text,
  p_worker text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  perform engine.count_apply_failure(p_call_id, p_error, p_worker, p_now);
  perform engine.log_event(
    c.user_id, c.trip_request_id, c.booking_attempt_id, p_worker, 'call:' || c.id,
    null, null, c.operation || ': the report could not be applied',
    jsonb_strip_nulls(
      jsonb_build_object(
        'sqlstate', p_sqlstate,
        'message', p_error,
        'http_status', p_said -> 'http_status',
        'request_id', p_said -> 'request_id',
        'object', coalesce(p_said #>> '{body,data,id}', p_said #>> '{body,id}')
      )
    ),
    c.trace_id
  )
  from engine.provider_calls as c
  where c.id = p_call_id and c.user_id is not null;
end;
$$;
comment on function engine.note_unapplied_report(
  bigint, jsonb, text, text, text, timestamptz
) is 'Counts and records a report that could not be applied.';
