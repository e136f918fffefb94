-- Events that were never delivered, read from the provider's own list, go through the
-- same inbox: one that did arrive is there already. What is new is applied by the next
-- recovery, not here, where the call is locked before any trip.
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
  select engine.receive_events(v_provider, coalesce(jsonb_agg(e.event), '[]'), 'sweep')
  into v_new
  from (
    select
      jsonb_build_object(
        'event_id', l.event ->> 'id',
        'type', l.event ->> 'type',
        'object_id', coalesce(
          l.event #>> '{related_object,id}',
          -- Of an order that could not be made, the offer is all there is.
          case l.event ->> 'type'
            when 'order.creation_failed' then l.object ->> 'offer_id'
          end,
          l.object ->> 'id',
          l.object ->> 'order_id', l.object ->> 'offer_id', l.object ->> 'payment_id',
          l.event ->> 'id'
        ),
        'hints', jsonb_strip_nulls(
          jsonb_build_object(
            'offer_id', l.object -> 'offer_id',
            'order_id', coalesce(
              l.object -> 'order_id',
              case when starts_with(l.object ->> 'id', 'ord_') then l.object -> 'id' end
            ),
            'payment_id', l.object -> 'payment_id',
            'aic_id', l.object -> 'aic_id',
            'installation_id', coalesce(
              l.event #> '{related_object,installation_id}',
              l.object -> 'installation_id'
            )
          )
        ),
        -- Stripe counts seconds, Duffel writes a time. By way of jsonb, which writes
        -- a time in one form only: others name zones that are read as other zones.
        'occurred_at', coalesce(
          l.event ->> 'created_at',
          to_jsonb(to_timestamp((l.event ->> 'created')::bigint)) #>> '{}'
        )
      ) as event
    from (
      select s.value as event, s.value #> '{data,object}' as object
      from jsonb_array_elements(p_body -> 'events') as s
    ) as l
    where l.event ->> 'id' is not null and l.event ->> 'type' is not null
  ) as e;
  -- The list is whole up to its end, or to the moment at which it was asked for.
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
  'Stores the events of a provider''s list that never arrived.';
