-- W3C trace context, version 00 (https://www.w3.org/TR/trace-context/).
create or replace function engine.traceparent(
  p_trace_id uuid, p_is_sampled boolean, p_span_id bigint
) returns text
  language sql immutable parallel safe
return '00-' || engine.trace_hex(p_trace_id)
  || '-' || lpad(to_hex(p_span_id), 16, '0')
  || case when p_is_sampled then '-01' else '-00' end;
comment on function engine.traceparent(uuid, boolean, bigint) is
  'Writes a trace and a span as the HTTP header `traceparent`, under which the next '
  'span hangs.';
