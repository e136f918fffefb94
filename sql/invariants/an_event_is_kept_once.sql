-- The inbox's primary key guarantees this; the rows are checked in case the key is
-- gone.
create or replace function engine.an_event_is_kept_once(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    e.provider || ' ' || e.event_id,
    format('%s times', count(*)), min(e.received_at)
  from engine.provider_events as e
  where e.received_at >= p_since
  group by e.provider, e.event_id
  having count(*) > 1;
end;
$$;
comment on function engine.an_event_is_kept_once(timestamptz) is
  'Rows that break the promise: an event is kept once.';
