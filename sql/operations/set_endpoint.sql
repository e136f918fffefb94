-- Sets the address that pg_net rings when there is work: POST /wake of a sidecar that
-- runs worker and endpoint in one process. Without an address nothing is rung. The
-- secret, which opens that path and no other, is made here: a secret that a person
-- passes would stand in the server's log if the statement failed. The secret is
-- returned once, and the record of changes does not hold it.
-- Definer: operators have no rights on tables.
create or replace function engine.set_endpoint(p_reason text, p_url text default null)
  returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_secret text := replace(gen_random_uuid()::text || gen_random_uuid(), '-', '');
begin
  perform engine.require_size('p_url', array[p_url], 1, 300);
  if p_url !~ '^https?://[^/@?#[:space:][:cntrl:]]+/wake$' then
    perform engine.refuse_setting(
      'url', p_url, 'Give the address of a sidecar: http:// or https://, a host, /wake.'
    );
  end if;
  delete from engine.endpoint;
  insert into engine.endpoint (url, secret)
  select p_url, v_secret
  where p_url is not null;
  insert into engine.endpoint_changes (at, actor, reason, settings)
  values (
    clock_timestamp(), engine.caller(), v_reason, jsonb_build_object('url', p_url)
  );
  return jsonb_build_object(
    'url', p_url, 'secret', case when p_url is not null then v_secret end
  );
end;
$$;
comment on function engine.set_endpoint(text, text) is
  'Sets which sidecar pg_net rings when there is work (null: none), for a reason; '
  'returns the address and the secret for its POST /wake. Raises SK016, SK023 or '
  'SK025.';
grant execute on function engine.set_endpoint(text, text) to skylatch_operator;
