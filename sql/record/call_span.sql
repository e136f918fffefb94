-- The ids of spans are derived, not drawn, so that nobody has to hand them on. So a
-- sidecar's span of a call and the server's spans of the same call fit together,
-- whichever is written first. Of an id's bits, 6 give the kind of span, 42 the call and
-- 16 the try. Kinds: 1 call, 2 its settlement (settle, step), 3 ingest, 4 decide, 5
-- rank, 6 what asked for a search (tick, request), 7 begin, 8 stop, 9 command, 10
-- callback.
create or replace function engine.call_span(
  p_kind integer, p_call_id bigint, p_epoch integer
) returns bigint
  language sql immutable parallel safe
return (p_kind::bigint << 58)
  | ((p_call_id & 4398046511103) << 16)
  | (p_epoch & 65535)::bigint;
comment on function engine.call_span(integer, bigint, integer) is
  'Returns the id of a span of one try of a call.';
