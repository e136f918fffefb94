-- A sweep reads the provider's own list of events, for callbacks that were never
-- delivered. The listed events go through the same inbox as callbacks, where an event
-- that did arrive is stored already. New events are applied by the next recovery and
-- not here, where the call is locked before any trip.
create or replace function engine.receive_sweep(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_provider text := case p_call.operation
    when 'sweep_order_events' then 'duffel' else 'stripe'
  end;
  v_new integer;
begin
  v_new := engine.receive_events(v_provider, p_body -> 'events', 'sweep');
  -- The list is complete up to its end, or to the moment at which it was asked for.
  insert into engine.scans as s (scan, provider, scanned_to, finished_at, found)
  values (
    case v_provider when 'duffel' then 'order_events' else 'payment_events' end,
    v_provider,
    coalesce(
      case v_provider
        when 'duffel' then (p_call.payload ->> 'created_before')::timestamptz
        else to_timestamp((p_call.payload ->> 'created_before')::bigint)
      end,
      p_call.claimed_at
    ),
    p_now, v_new
  )
  on conflict (scan) do update
  set
    scanned_to = excluded.scanned_to,
    finished_at = excluded.finished_at,
    found = excluded.found;
  return v_new || ' missed';
end;
$$;
comment on function engine.receive_sweep(engine.provider_calls, jsonb, timestamptz) is
  'Stores the listed events that never arrived as callbacks.';
