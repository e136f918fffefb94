-- Whom a flag is asked for, as LaunchDarkly's context: the traveller beside this
-- system, or this system alone. Only what rules need and we know: the country of a
-- traveller is not known here. Attributes of a platform's own auth.users are read where
-- there are any.
create or replace function engine.flag_context(p_user_id uuid) returns text
  language plpgsql stable
as $$
declare
  v_system jsonb := jsonb_build_object('key', 'skylatch');
  v_account jsonb;
begin
  if p_user_id is null then
    return v_system || '{"kind": "system"}';
  end if;
  select to_jsonb(u) into v_account from auth.users as u where u.id = p_user_id;
  return jsonb_build_object(
    'kind', 'multi',
    'system', v_system,
    'user', jsonb_strip_nulls(
      jsonb_build_object(
        'key', p_user_id,
        'created_at', to_char(
          (v_account ->> 'created_at')::timestamptz at time zone 'UTC',
          'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        ),
        'email_domain', lower(
          substring(v_account ->> 'email' from '@([^@]+)$') collate "C"
        ),
        'internal', coalesce(
          v_account #> '{raw_app_meta_data,internal}' = 'true'::jsonb, false
        )
      )
    )
  );
end;
$$;
comment on function engine.flag_context(uuid) is
  'A traveller, or null for the system, as a LaunchDarkly context.';
