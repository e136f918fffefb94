create or replace function engine.trace_hex(p_trace_id uuid) returns text
  language sql immutable parallel safe
return replace(p_trace_id::text, '-', '');
comment on function engine.trace_hex(uuid) is
  'Writes the id of a trace in its usual form: 32 hexadecimal digits.';
