-- Delivers a message again, under the same id, after the application lost it or its
-- address was mended. Definer: operators have no rights on tables.
create or replace function engine.replay_delivery(p_reason text, p_delivery_id bigint)
  returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_now constant timestamptz := clock_timestamp();
  v_delivery engine.deliveries;
begin
  update engine.deliveries as d
  set state = 'OPEN', settled_at = null, problem = null
  where d.id = p_delivery_id
    and d.state <> 'OPEN'
    and not exists (
      select from engine.webhook_endpoints as e
      where e.name = d.endpoint and e.stopped_because is not null
    )
  returning d.* into v_delivery;
  if not found then
    perform engine.refuse_setting(
      'delivery_id', p_delivery_id::text,
      'Give the id of a delivery that is over, to an endpoint that is in use '
      '(engine.delivery_overview).'
    );
  end if;
  insert into engine.provider_calls as c (
    operation, delivery_id, idempotency_key, run_at
  )
  values (
    case v_delivery.channel when 'EMAIL' then 'send_email' else 'send_webhook' end,
    v_delivery.id, 'delivery:' || v_delivery.id, v_now
  )
  on conflict (idempotency_key) do update
  set
    state = 'READY', run_at = v_now, tries = 0, finished_at = null,
    first_claimed_at = null, apply_failures = 0;
  perform engine.ring('skylatch_notifications');
  insert into engine.message_changes (at, actor, reason, settings)
  values (
    v_now, engine.caller(), v_reason,
    jsonb_build_object('delivery', p_delivery_id, 'action', 'replay')
  );
  return jsonb_build_object('delivery', p_delivery_id, 'state', 'OPEN');
end;
$$;
comment on function engine.replay_delivery(text, bigint) is
  'Delivers a message again, for a reason. Raises SK016 or SK023.';
grant execute on function engine.replay_delivery(text, bigint) to skylatch_operator;
