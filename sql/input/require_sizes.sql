-- Checks a whole row and names its first column that is too large. A number counts by
-- its digits.
create or replace function engine.require_sizes(p_relation text, p_row jsonb)
  returns void
  language plpgsql immutable
as $$
declare
  v_limit record;
  v_value jsonb;
begin
  for v_limit in
    select l.field, l.elements, l.bytes
    from engine.size_limits() as l
    where l.relation = p_relation
  loop
    v_value := p_row -> v_limit.field;
    perform engine.require_size(
      v_limit.field,
      case
        when jsonb_typeof(v_value) = 'array'
          then array(select e.value from jsonb_array_elements_text(v_value) as e (value))
        else array[v_value #>> '{}']
      end,
      v_limit.elements,
      v_limit.bytes
    );
  end loop;
end;
$$;
comment on function engine.require_sizes(text, jsonb) is
  'Raises SK025 for the first column of a row that holds more than it may.';
