create or replace function engine.compare_payments(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language sql volatile
return 'not judged';
comment on function engine.compare_payments(
  engine.provider_calls, jsonb, timestamptz
) is 'Placeholder.';
