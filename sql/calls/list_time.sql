create or replace function engine.list_time(p_provider text, p_time timestamptz)
  returns jsonb
  language sql stable
return case p_provider
  when 'duffel' then
    to_jsonb(to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
  else to_jsonb(floor(extract(epoch from p_time))::bigint)
end;
comment on function engine.list_time(text, timestamptz) is
  'Writes a time as a provider''s lists take it: in whole seconds.';
