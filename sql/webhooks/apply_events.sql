-- Works off the inbox. Each event is applied in a subtransaction of its own, so that an
-- event that cannot be applied holds up no other. Such an event is tried again, each
-- time later, and in the end a person gets it as a case. An event that names no attempt
-- of ours is kept for an hour, because an answer that tells whose event it is may be on
-- its way.
-- Lock order: provider_events, then per event trip_requests, booking_attempts,
-- provider_calls, in the order of the trips' ids.
create or replace function engine.apply_events(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '250ms'
as $$
declare
  v_found record;
  v_event engine.provider_events;
  v_effect engine.event_effects;
  v_taken integer := 0;
  v_outcome text;
  v_state text;
begin
  for v_found in
    with due as materialized (
      select e.provider, e.event_id, e.object_id, e.hints
      from engine.provider_events as e
      where e.state = 'RECEIVED'
        -- 0, 5, 15, 35, 75 seconds ...; the twelfth try is after almost six hours.
        and e.received_at
        + make_interval(secs => 5 * (power(2, e.tries) - 1)) <= p_now
      order by e.received_at, e.event_id
      limit p_limit
      for update skip locked
    )
    select
      d.provider,
      d.event_id,
      a.user_id,
      a.id as attempt_id,
      engine.trace_hex(coalesce(a.trace_id, a.id)) as trace
    from due as d
    left join lateral engine.event_attempt(d.object_id, d.hints) as a on true
    order by a.trip_request_id, d.object_id, d.event_id
  loop
    v_taken := v_taken + 1;
    select e.* into v_event
    from engine.provider_events as e
    where e.provider = v_found.provider and e.event_id = v_found.event_id;
    select f.* into v_effect
    from engine.event_effects as f
    where f.provider = v_event.provider and f.type = v_event.type;
    begin
      if not found or v_effect.effect = 'IGNORE' then
        v_state := 'IGNORED';
        v_outcome := case when found then 'of no consequence' else 'unknown type' end;
      elsif engine.belongs_elsewhere(v_event.hints) then
        v_state := 'IGNORED';
        v_outcome := 'of another installation';
      else
        v_outcome := engine.apply_event(
          v_event, v_effect, v_found.user_id, v_found.attempt_id, p_now
        );
        v_state := case
          when v_outcome is not null then 'APPLIED'
          when v_event.received_at < p_now - interval '1 hour' then 'IGNORED'
          else 'RECEIVED'
        end;
        v_outcome := coalesce(v_outcome, 'no attempt of ours');
      end if;
    exception when others then
      v_outcome := sqlstate || ' ' || sqlerrm;
      -- A lock that could not be had in time, or a full disk, is no fault of the event.
      v_state := case
        when sqlstate in ('40001', '40P01', '55P03', '53100', 'SK308')
          or v_event.tries < 7 then 'RECEIVED'
        else 'DEAD'
      end;
      if sqlstate = '55P03' then
        perform engine.wait_less();
      end if;
      raise warning 'event % (trace %) not applied: %',
        v_event.event_id, v_found.trace, v_outcome;
    end;
    update engine.provider_events as e
    set
      state = v_state,
      tries = least(e.tries + 1, 12),
      outcome = v_outcome,
      applied_at = case when v_state <> 'RECEIVED' then p_now end
    where e.provider = v_event.provider and e.event_id = v_event.event_id;
    if v_state <> 'RECEIVED' then
      perform engine.raise_counter(
        'webhook_processed_total',
        jsonb_build_object(
          'provider', v_event.provider, 'outcome', lower(v_state collate "C")
        ),
        1
      );
    end if;
    if v_state = 'DEAD' then
      perform engine.open_case(
        'POISON', v_event.event_id, null::public.booking_attempts,
        format('The event %s of %s cannot be applied.', v_event.type, v_event.provider),
        jsonb_build_object('event', to_jsonb(v_event), 'error', v_outcome), p_now
      );
    end if;
  end loop;
  if v_taken > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_taken;
end;
$$;
comment on function engine.apply_events(integer, timestamptz) is
  'Applies at most so many received events and returns how many were taken up.';
