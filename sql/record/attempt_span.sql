create or replace function engine.attempt_span(
  p_kind integer, p_attempt_id uuid, p_number bigint
) returns bigint
  language sql immutable parallel safe
return engine.child_span(
  p_kind,
  cast(cast('x' || right(engine.trace_hex(p_attempt_id), 15) as bit(60)) as bigint)
  + p_number
);
comment on function engine.attempt_span(integer, uuid, bigint) is
  'Returns the id of a span of an attempt: of its beginning (kind 7, number 0), or of '
  'a later span by its number.';
