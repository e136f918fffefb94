-- A message arrived, or it never will. An application that answers 410 wants no more:
-- its endpoint is stopped until an operator sets it again.
create or replace function engine.settle_delivery(
  p_call engine.provider_calls,
  p_report engine.call_report,
  p_verdict text,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_delivery engine.deliveries;
begin
  update engine.deliveries as d
  set
    state = case p_verdict when 'OK' then 'DELIVERED' else 'FAILED' end,
    settled_at = p_now,
    problem = case
      when p_verdict <> 'OK'
        then concat_ws(
          ' ', lower(p_verdict collate "C"), p_report.http_status, p_report.error_code
        )
    end
  where d.id = p_call.delivery_id and d.state = 'OPEN'
  returning d.* into v_delivery;
  if v_delivery.channel = 'WEBHOOK' and p_report.http_status = 410 then
    update engine.webhook_endpoints as e
    set stopped_because = 'the application answered 410', changed_at = p_now
    where e.name = v_delivery.endpoint and e.stopped_because is null;
    if found then
      insert into engine.message_changes (at, actor, reason, settings)
      values (
        p_now, 'engine', 'the application answered 410',
        jsonb_build_object('endpoint', v_delivery.endpoint, 'stopped', true)
      );
      perform engine.skip_stopped(p_now);
    end if;
  end if;
end;
$$;
comment on function engine.settle_delivery(
  engine.provider_calls, engine.call_report, text, timestamptz
) is 'Records that a message was delivered, or why it never will be.';
