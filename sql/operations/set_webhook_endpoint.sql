-- Adds an endpoint, or changes it, and starts one that was stopped. Its secret is shown
-- by `python -m sidecar webhook-secret` and never stands here. Definer: operators have
-- no rights on tables.
create or replace function engine.set_webhook_endpoint(
  p_reason text, p_name text, p_url text, p_kinds text[] default '{}'
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_unknown text;
  v_settings jsonb;
begin
  perform engine.require_size('p_name', array[p_name], 1, 40);
  perform engine.require_size('p_url', array[p_url], 1, 300);
  perform engine.require_size('p_kinds', p_kinds, 100, 100);
  select w.kind into v_unknown
  from unnest(p_kinds) as w (kind)
  where not exists (select from engine.message_kinds as k where k.kind = w.kind)
  limit 1;
  if (p_name ~ '^[a-z][a-z0-9_-]{0,39}$') is not true then
    perform engine.refuse_setting(
      'name', p_name,
      'Give small letters, digits, - and _, beginning with a letter; 40 at the most.'
    );
  elsif (
    -- A name, whose last part begins with a letter: no address in numbers.
    p_url ~ '^https://([A-Za-z0-9-]+[.])*[A-Za-z][A-Za-z0-9-]*(:[0-9]{1,5})?(/[!-~]*)?$'
    or p_url ~ '^http://(127[.]0[.]0[.]1|localhost)(:[0-9]{1,5})?(/[!-~]*)?$'
  ) is not true
    or p_url ~ '#'
    -- Not an integer: what is refused above may have any number of digits.
    or substring(p_url from '^https?://[^/]*:([0-9]+)')::numeric > 65535
  then
    perform engine.refuse_setting(
      'url', split_part(p_url, '?', 1),
      'Give https://, a host''s name and a path, without a user; http:// only on this '
      'machine.'
    );
  elsif p_kinds is null or v_unknown is not null or array_position(p_kinds, null) > 0
  then
    perform engine.refuse_setting(
      'kinds', v_unknown,
      'Give kinds that docs/messages.md lists, or none for all of them.'
    );
  end if;
  insert into engine.webhook_endpoints as e (name, url, kinds, changed_at)
  values (p_name, p_url, p_kinds, clock_timestamp())
  on conflict (name) do update
  set
    url = excluded.url,
    kinds = excluded.kinds,
    stopped_because = null,
    changed_at = excluded.changed_at
  returning jsonb_build_object(
    -- What follows a question mark may be a secret.
    'endpoint', e.name, 'url', split_part(e.url, '?', 1), 'kinds', e.kinds
  ) into v_settings;
  insert into engine.message_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_webhook_endpoint(text, text, text, text[]) is
  'Adds or changes an endpoint of an application, for a reason; returns it. Raises '
  'SK016, SK023 or SK025.';
grant execute on function engine.set_webhook_endpoint(text, text, text, text[])
  to skylatch_operator;
