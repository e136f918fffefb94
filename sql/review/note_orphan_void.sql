-- A hold that nothing accounts for was released. Of all answers that no saga waits for,
-- this is the only one that changed something.
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
) is 'Closes the case of a hold that was released.';
