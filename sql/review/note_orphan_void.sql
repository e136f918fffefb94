-- A hold that no attempt accounts for was released. No saga waits for this answer, and
-- of all such answers it is the only one that tells of a change at the provider.
create or replace function engine.note_orphan_void(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
begin
  if p_body ->> 'status' = 'canceled' then
    perform engine.close_case(
      'ORPHAN_PAYMENT', p_call.object_id, 'engine', 'the payment is canceled', p_now
    );
  end if;
  return p_body ->> 'status';
end;
$$;
comment on function engine.note_orphan_void(
  engine.provider_calls, jsonb, timestamptz
) is 'Closes the case of a stray hold that was released.';
