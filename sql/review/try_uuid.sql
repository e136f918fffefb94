create or replace function engine.try_uuid(p_text text) returns uuid
  language sql immutable
return case
  when p_text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_text::uuid
end;
comment on function engine.try_uuid(text) is
  'Reads a uuid from a provider''s metadata; returns null for any other text.';
