-- The metadata by which an order or a payment is known as ours: the attempt that asked
-- for it, its trip, its trace and this installation. An attempt that began before the
-- installation had its name, or before there were traces, goes on without these,
-- because under the same key a provider accepts only the same body.
create or replace function engine.our_mark(p_attempt public.booking_attempts)
  returns jsonb
  language plpgsql stable
as $$
declare
  v_id uuid := engine.installation_id();
begin
  return jsonb_strip_nulls(
    jsonb_build_object(
      'attempt_id', p_attempt.id,
      'trip_request_id', p_attempt.trip_request_id,
      'trace_id', engine.trace_hex(p_attempt.trace_id),
      'installation_id', (
        select v_id
        from engine.installation as i
        where i.made_at <= p_attempt.started_at
      )
    )
  );
end;
$$;
comment on function engine.our_mark(public.booking_attempts) is
  'Returns the metadata that an attempt''s orders and payments carry.';
