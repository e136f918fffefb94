-- No traveller can agree to a retired text. Consents under the text that were given
-- before stay valid. Definer: operators have no rights on tables.
create or replace function engine.retire_consent_text(p_version text, p_reason text)
  returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  update engine.consent_texts as c
  set
    retired_at = clock_timestamp(), retired_by = engine.caller(),
    retired_because = v_reason
  where c.version = p_version and c.retired_at is null;
  if not found then
    perform engine.refuse_setting(
      'version',
      p_version,
      'Name a version that is published and not retired.'
    );
  end if;
end;
$$;
comment on function engine.retire_consent_text(text, text) is
  'Retires a consent text, for a reason, so that nobody can agree to it any more; '
  'raises SK016 or SK023.';
grant execute on function engine.retire_consent_text(text, text) to skylatch_operator;
