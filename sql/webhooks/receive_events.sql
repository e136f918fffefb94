-- The inbox. A provider delivers an event at least once and in any order. The primary
-- key keeps each event once, and what follows from events does not depend on their
-- order. Nothing else happens here, so that the provider has its answer at once.
-- Definer: the sidecar has no rights on tables.
create or replace function engine.receive_events(
  p_provider text, p_events jsonb, p_received_by text
) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_new integer;
begin
  insert into engine.provider_events (
    provider, event_id, type, object_id, hints, occurred_at, received_at, received_by
  )
  select
    p_provider, e.event_id, e.type, e.object_id, coalesce(e.hints, '{}'),
    e.occurred_at, clock_timestamp(), p_received_by
  from jsonb_to_recordset(p_events) as e (
    event_id text, type text, object_id text, hints jsonb, occurred_at timestamptz
  )
  -- Deliveries at the same time wait for each other in one order.
  order by e.event_id
  on conflict (provider, event_id) do nothing;
  get diagnostics v_new = row_count;
  return v_new;
end;
$$;
comment on function engine.receive_events(text, jsonb, text) is
  'Stores events, each once, and returns how many were new.';
grant execute on function engine.receive_events(text, jsonb, text) to skylatch_sidecar;
