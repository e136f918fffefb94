-- A refund is ours by its mark. A list without our refund allows a new request: the
-- list is the provider's present state, and the key covers a request that is under way.
create or replace function engine.found_refund(
  p_attempt public.booking_attempts, p_body jsonb
) returns jsonb
  language plpgsql stable
as $$
declare
  v_refund jsonb;
begin
  if p_attempt.refund_amount = 0 then
    return jsonb_build_object('code', 'nothing_due');
  elsif jsonb_typeof(p_body -> 'refunds') is distinct from 'array' then
    return jsonb_build_object('code', 'unreadable');
  end if;
  select r.value into v_refund
  from jsonb_array_elements(p_body -> 'refunds') as r
  where r.value #>> '{metadata,refund_id}'
    = format('%s:%s', p_attempt.id, p_attempt.refund_no)
  limit 1;
  return jsonb_build_object(
    'refund', v_refund,
    'code', case
      when v_refund is null then 'none'
      when v_refund ->> 'currency' is distinct from lower(p_attempt.currency collate "C")
        or (v_refund ->> 'amount')::bigint is distinct from
        engine.stripe_amount(p_attempt.refund_amount, p_attempt.currency)
        then 'amount_mismatch'
      when v_refund ->> 'status' in ('failed', 'canceled') then 'failed'
      when v_refund ->> 'status' = 'succeeded' then 'succeeded'
      else 'pending'
    end
  );
end;
$$;
comment on function engine.found_refund(public.booking_attempts, jsonb) is
  'Finds an attempt''s refund among listed ones; returns {"code", "refund"}.';
