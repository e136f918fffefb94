-- The answer of a read goes to every open case about the object, beside what was known.
-- An older read never replaces a newer one. Of a payment only the fields that decide
-- are kept.
create or replace function engine.record_evidence(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_key text := replace(p_call.operation, 'look_', '');
  v_read_at timestamptz := coalesce(p_call.claimed_at, p_now);
  v_says jsonb;
begin
  if v_key = 'order' then
    select coalesce(jsonb_agg(o.value), '[]') into v_says
    from jsonb_array_elements(p_body -> 'orders') as o
    where o.value ->> 'id' in (p_call.object_id, p_call.payload ->> 'order_id')
      or o.value ->> 'offer_id' in (p_call.object_id, p_call.payload ->> 'offer_id')
      or o.value #>> '{metadata,attempt_id}' = p_call.booking_attempt_id::text;
  else
    select jsonb_object_agg(f.key, f.value) into v_says
    from jsonb_each(p_body) as f
    where f.key in (
      'id', 'status', 'amount', 'amount_capturable', 'amount_received',
      'amount_captured', 'amount_refunded', 'currency', 'created', 'canceled_at',
      'cancellation_reason', 'reason', 'failure_reason', 'metadata', 'evidence'
    );
  end if;
  update engine.review_cases as c
  set
    evidence = c.evidence || jsonb_build_object(
      v_key, jsonb_build_object('read_at', v_read_at, 'says', v_says)
    ),
    evidence_at = p_now
  where c.resolved_at is null
    and (
      c.object_id = p_call.object_id
      or c.user_id = p_call.user_id and c.booking_attempt_id = p_call.booking_attempt_id
    )
    and coalesce((c.evidence #>> array[v_key, 'read_at'])::timestamptz, '-infinity')
      <= v_read_at;
end;
$$;
comment on function engine.record_evidence(
  engine.provider_calls, jsonb, timestamptz
) is 'Keeps the answer of a read as evidence of the open cases about its object.';
