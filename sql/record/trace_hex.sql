create or replace function engine.trace_hex(p_trace_id uuid) returns text
  language sql immutable parallel safe
return replace(p_trace_id::text, '-', '');
comment on function engine.trace_hex(uuid) is
  'A trace''s id as it is written everywhere else: 32 hexadecimal digits.';
