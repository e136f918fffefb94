-- A flag is asked for a context, in LaunchDarkly's sense: the traveller together with
-- this system, or the system alone. The context holds only what rules need and this
-- database knows; a traveller's country, for instance, is not known here. Where a
-- platform's auth.users has attributes of its own, the context takes them from there.
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
  'Builds the LaunchDarkly context of a traveller, or of the system when given null.';
