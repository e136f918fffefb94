-- A reason of blanks says nothing to those who read the audit, and a very long one is
-- not read. Blanks of any kind count as nothing.
create or replace function engine.require_text(p_field text, p_text text) returns text
  language plpgsql immutable
as $$
begin
  perform engine.require_size(p_field, array[p_text], 1, 2000);
  if length(regexp_replace(coalesce(p_text, ''), '[[:space:]]', '', 'g')) < 3 then
    raise exception using
      errcode = 'SK016',
      message = 'a decision needs its reason',
      detail = jsonb_build_object('field', p_field, 'value', left(p_text, 40)),
      column = p_field,
      hint = 'Say in a few words why, 2,000 characters at most: it is kept with the '
        'decision.';
  end if;
  return trim(p_text);
end;
$$;
comment on function engine.require_text(text, text) is
  'Returns a text without the blanks around it; raises SK016 when fewer than three '
  'characters are left, SK025 when it is too long.';
