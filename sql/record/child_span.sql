create or replace function engine.child_span(p_kind integer, p_of bigint)
  returns bigint
  language sql immutable parallel safe
return (p_kind::bigint << 58) | (p_of & 288230376151711743);
comment on function engine.child_span(integer, bigint) is
  'Returns the id of another span about the subject of span p_of (see call_span).';
