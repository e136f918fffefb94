create or replace function engine.receive_sweep(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language sql volatile
return 'not judged';
comment on function engine.receive_sweep(engine.provider_calls, jsonb, timestamptz) is
  'Placeholder.';
