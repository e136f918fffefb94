-- Consent to a text that was never published would be consent to nothing.
create or replace function engine.check_consent_text(p_version text) returns void
  language plpgsql stable
as $$
begin
  if not exists (
    select from engine.consent_texts as c
    where c.version = p_version and c.retired_at is null
  ) then
    raise exception using
      errcode = 'SK020',
      message = 'this consent text is not published',
      detail = jsonb_build_object(
        'field', 'consent_text_version', 'value', left(p_version, 40),
        'published', (
          select c.version from engine.consent_texts as c
          where c.retired_at is null
          order by c.published_at desc
          limit 1
        )
      ),
      column = 'consent_text_version',
      hint = 'Show the traveller the text that is published now and pass its version.';
  end if;
end;
$$;
comment on function engine.check_consent_text(text) is
  'Raises SK020 unless this version of the consent text may be agreed to now.';
