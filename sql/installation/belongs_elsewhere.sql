-- Several installations may share a provider's account, and each sees what the others
-- made. What carries another's name is left alone: not adopted, not cancelled, not a
-- case. What carries none was made before there were names, or by somebody else; the
-- caller decides by the attempt that it names.
create or replace function engine.belongs_elsewhere(p_metadata jsonb) returns boolean
  language plpgsql stable
as $$
begin
  return coalesce(
    p_metadata ->> 'installation_id' <> engine.installation_id()::text, false
  );
end;
$$;
comment on function engine.belongs_elsewhere(jsonb) is
  'Tells whether a provider''s metadata carries the name of another installation.';
