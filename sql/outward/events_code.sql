create or replace function engine.events_code(p_report engine.call_report) returns text
  language plpgsql stable
as $$
begin
  -- A sidecar of the last release does not cut the events: another sidecar reads them.
  if p_report.body @? '$.events[*] ? (!exists(@.event_id))' then
    return 'unreadable';
  end if;
  return engine.list_code(p_report, 'events');
end;
$$;
comment on function engine.events_code(engine.call_report) is
  'Names the answer of a sweep: a list of events, each cut down like a callback, or '
  'unreadable.';
