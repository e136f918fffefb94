-- Releases a hold that no attempt accounts for. No saga waits for the answer
-- (review/note_orphan_void.sql).
select engine.define_operation(
  'cancel_orphan_payment', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_key_lasts => '23 hours', p_observes => true
);

create or replace function engine.cancel_orphan_payment_request(
  p_call engine.provider_calls
) returns jsonb
  language plpgsql stable
as $$
begin
  -- Since this call was enqueued, the attempt may have been opened again.
  if (
    select engine.may_have_order(a.user_id, a.id, p_call.created_at)
    from public.booking_attempts as a
    where a.id = (p_call.payload ->> 'attempt_id')::uuid
  ) then
    return null;
  end if;
  return p_call.payload;
end;
$$;
comment on function engine.cancel_orphan_payment_request(engine.provider_calls) is
  'Names the payment; null, so that nothing is sent, while the payment may belong to '
  'an order.';

create or replace function engine.cancel_orphan_payment_code(
  p_call engine.provider_calls, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.object_code(p_call, p_report);
end;
$$;
comment on function engine.cancel_orphan_payment_code(
  engine.provider_calls, engine.call_report
) is 'Names the answer; one about any object but the requested one says nothing.';
