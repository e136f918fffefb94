-- The text of a version never changes: a traveller who agreed to the version agreed to
-- those words. Definer: operators have no rights on tables.
create or replace function engine.publish_consent_text(
  p_version text, p_body text, p_reason text
) returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_sha256 text;
begin
  v_field := case
    when (length(p_version) <= 40 and p_version ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$')
      is not true then 'version'
    when (length(p_body) <= 20000 and length(trim(p_body)) >= 20) is not true then 'body'
    when exists (
      select from engine.consent_texts as c where c.version = p_version
    ) then 'version'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field when 'version' then p_version else p_body end,
      'Give a version of at most 40 letters, digits, dots and hyphens that no text '
      'has had, and a text of 20 to 20,000 characters.'
    );
  end if;
  v_sha256 := encode(sha256(convert_to(p_body, 'UTF8')), 'hex');
  insert into engine.consent_texts (
    version, body, sha256, published_at, published_by, reason
  )
  values (
    p_version, p_body, v_sha256, clock_timestamp(), engine.caller(), v_reason
  );
  return v_sha256;
end;
$$;
comment on function engine.publish_consent_text(text, text, text) is
  'Publishes a text that travellers may agree to; returns its digest. Raises SK016 or '
  'SK023.';
grant execute on function engine.publish_consent_text(text, text, text)
  to skylatch_operator;
