-- Every wrong setting is refused in this one form. The value is shortened, because it
-- may be of any length.
create or replace function engine.refuse_setting(
  p_field text, p_value text, p_hint text
) returns void
  language plpgsql immutable
as $$
begin
  raise exception using
    errcode = 'SK023',
    message = 'this is not a value of the setting',
    detail = jsonb_build_object('field', p_field, 'value', left(p_value, 40)),
    column = p_field,
    hint = p_hint;
end;
$$;
comment on function engine.refuse_setting(text, text, text) is
  'Raises SK023 with the field, the value and what to do.';
