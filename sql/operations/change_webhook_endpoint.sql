-- Rotates the secret of an endpoint, or stops it. After a rotation each delivery has
-- two signatures for a while, so that the application changes its secret when it
-- likes. What was on its way to an endpoint that is stopped is not delivered. Definer:
-- operators have no rights on tables.
create or replace function engine.change_webhook_endpoint(
  p_reason text, p_name text, p_action text, p_keep interval default '1 day'
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_now constant timestamptz := clock_timestamp();
  v_settings jsonb;
begin
  perform engine.require_size('p_name', array[p_name], 1, 40);
  perform engine.require_size('p_action', array[p_action], 1, 40);
  if (p_action in ('rotate', 'stop')) is not true then
    perform engine.refuse_setting('action', p_action, 'Give rotate or stop.');
  elsif (p_keep between interval '0' and interval '30 days') is not true then
    perform engine.refuse_setting('keep', p_keep::text, 'Give 0 to 30 days.');
  end if;
  update engine.webhook_endpoints as e
  set
    secret_no = e.secret_no + (p_action = 'rotate')::integer,
    former_until = case p_action
      when 'rotate' then v_now + p_keep else e.former_until
    end,
    stopped_because = case p_action when 'stop' then v_reason else e.stopped_because end,
    changed_at = v_now
  where e.name = p_name
  returning jsonb_build_object(
    'endpoint', e.name, 'action', p_action, 'secret_no', e.secret_no,
    'former_until', e.former_until
  ) into v_settings;
  if not found then
    perform engine.refuse_setting(
      'name', p_name, 'There is no such endpoint: set it with set_webhook_endpoint.'
    );
  end if;
  if p_action = 'stop' then
    perform engine.skip_stopped(v_now);
  end if;
  insert into engine.message_changes (at, actor, reason, settings)
  values (v_now, engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.change_webhook_endpoint(text, text, text, interval) is
  'Rotates the secret of an endpoint or stops it, for a reason; returns what is so '
  'now. Raises SK016, SK023 or SK025.';
grant execute on function engine.change_webhook_endpoint(text, text, text, interval)
  to skylatch_operator;
