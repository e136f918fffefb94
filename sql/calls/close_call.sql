create or replace function engine.close_call(
  p_report engine.call_report, p_verdict text, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.provider_calls as c
  set
    state = case p_verdict
      when 'UNKNOWN' then 'UNKNOWN' when 'EXHAUSTED' then 'DEAD' else 'DONE'
    end,
    lease_until = null,
    finished_at = p_now,
    verdict = p_verdict,
    http_status = p_report.http_status,
    error_code = p_report.error_code,
    request_id = p_report.request_id
  where c.id = p_report.call_id;
end;
$$;
comment on function engine.close_call(engine.call_report, text, timestamptz) is
  'Ends a call with its answer and the verdict on it.';
