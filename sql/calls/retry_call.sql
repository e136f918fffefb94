create or replace function engine.retry_call(
  p_report engine.call_report, p_run_at timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.provider_calls as c
  set
    state = 'READY',
    lease_until = null,
    sent_at = null,
    verdict = 'RETRY',
    http_status = p_report.http_status,
    error_code = p_report.error_code,
    request_id = p_report.request_id,
    run_at = p_run_at
  where c.id = p_report.call_id;
end;
$$;
comment on function engine.retry_call(engine.call_report, timestamptz) is
  'Puts a call back into the queue, for another try.';
