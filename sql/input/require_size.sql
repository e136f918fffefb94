-- Called before anything looks at what a caller sent. To compare the elements of two
-- long arrays, or to match a pattern against megabytes, takes minutes, cannot be
-- cancelled, and holds locks that others wait for. To count elements and bytes is
-- quick, however many there are. The error does not show the value, which may be as
-- large as what is refused.
create or replace function engine.require_size(
  p_field text, p_values text[], p_elements integer, p_bytes integer
) returns void
  language plpgsql immutable
as $$
declare
  v_size bigint := cardinality(p_values);
  v_is_long boolean := false;
begin
  if v_size <= p_elements then
    select max(octet_length(v.value)), max(octet_length(v.value)) > p_bytes
    into v_size, v_is_long
    from unnest(p_values) as v (value);
    if v_is_long is not true then
      return;
    end if;
  elsif p_values is null then
    return;
  end if;
  raise exception using
    errcode = 'SK025',
    message = 'a value is larger than this field holds',
    detail = jsonb_build_object(
      'field', p_field,
      'limit', case when v_is_long then p_bytes else p_elements end,
      'unit', case when v_is_long then 'bytes' else 'values' end,
      'size', v_size
    ),
    column = p_field,
    hint = case
      when v_is_long then format('Give at most %s bytes.', p_bytes)
      else format('Give at most %s values.', p_elements)
    end;
end;
$$;
comment on function engine.require_size(text, text[], integer, integer) is
  'Raises SK025 when there are too many values, or when one of them is too long.';
