-- This is the one place where a report is still jsonb. Some fields and error codes are
-- the engine's own: the state to judge by, that a lease ended and why, and codes that
-- name a verdict instead of what happened on the way to the provider. A report that
-- contains one of these is refused as a whole. Then its call's lease ends, and recovery
-- settles the call like one whose answer never came, so that an order is looked for.
create or replace function engine.read_report(p_report jsonb) returns engine.call_report
  language plpgsql stable
as $$
declare
  v_report engine.call_report;
  v_unknown text;
begin
  select string_agg(f.name, ', ' order by f.name) into v_unknown
  from jsonb_object_keys(p_report) as f (name)
  where f.name not in (
    'call_id', 'epoch', 'http_status', 'error_code', 'body', 'request_id', 'retry_after'
  );
  v_report := jsonb_populate_record(null::engine.call_report, p_report);
  if v_unknown is not null
    or v_report.call_id is null
    or v_report.epoch is null
    or v_report.error_code not in ('not_sent', 'no_answer', 'unreadable', 'too_large')
  then
    raise exception using
      errcode = 'SK307',
      message = 'the report says what a sidecar may not say',
      detail = jsonb_build_object(
        'call', v_report.call_id,
        'fields', v_unknown,
        'error_code', left(v_report.error_code, 80)
      ),
      hint = 'Its fields are those of the type engine.call_report; error_code is not_sent, '
        'no_answer, unreadable or too_large.';
  end if;
  v_report.request_id := engine.provider_word(v_report.request_id, null);
  return v_report;
end;
$$;
comment on function engine.read_report(jsonb) is
  'Casts one report of a sidecar to engine.call_report; raises SK307 for a report that '
  'it must refuse.';
