-- An event that names no attempt of ours, as one about another installation's order, is
-- kept for an hour on purpose (webhooks/apply_events.sql), and given up at the first
-- try after that.
create or replace function engine.an_event_is_acted_on(p_now timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    e.provider || ' ' || e.event_id,
    format('%s since %s', e.type, e.received_at), null::timestamptz
  from engine.provider_events as e
  where e.state = 'RECEIVED'
    and e.received_at < p_now - case e.outcome
      when 'no attempt of ours' then interval '2 hours' else interval '15 minutes'
    end;
end;
$$;
comment on function engine.an_event_is_acted_on(timestamptz) is
  'Rows that break the promise: an event is acted on.';
