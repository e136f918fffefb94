-- Several installations may share a provider's account, and each sees what the others
-- made. An order or a payment with another installation's name is left alone: it is not
-- adopted, not cancelled and no case. An order or a payment without a name is older
-- than these names, or was made by somebody else; the caller decides about it by the
-- attempt that it names.
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
