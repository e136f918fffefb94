-- One row per attempt and operation: asking again (a repeated confirm, another read)
-- reopens it under the same idempotency key, later each time; a person's order to go on
-- begins anew. An order is never reopened. A new call that is due is born claimed by
-- the worker that it is handed to, so that it is written once.
drop function if exists engine.enqueue_call(
  public.booking_attempts, text, timestamptz
);
create or replace function engine.enqueue_call(
  p_attempt public.booking_attempts,
  p_operation text,
  p_run_at timestamptz,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_id bigint;
  v_now timestamptz := clock_timestamp();
  v_worker text := case when p_run_at <= v_now then p_hand_to end;
  v_born engine.provider_calls;
begin
  v_born.state := 'READY';
  v_born.epoch := 0;
  v_born.tries := 0;
  if v_worker is not null then
    v_born.state := 'CLAIMED';
    v_born.epoch := 1;
    v_born.tries := 1;
    v_born.claimed_at := v_now;
    v_born.lease_until := v_now + (
      select o.lease from engine.operations as o where o.operation = p_operation
    );
  end if;
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation,
    idempotency_key, run_at, trace_id, trace_sampled, state, worker, epoch, tries,
    claimed_at, first_claimed_at, lease_until
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    p_operation,
    format('%s:%s', p_attempt.id, p_operation)
    || case p_operation when 'create_refund' then ':' || p_attempt.refund_no else '' end,
    p_run_at, p_attempt.trace_id, p_attempt.trace_sampled, v_born.state, v_worker,
    v_born.epoch, v_born.tries, v_born.claimed_at, v_born.claimed_at, v_born.lease_until
  )
  on conflict (idempotency_key) do update
  set
    state = 'READY',
    run_at = excluded.run_at + case
      when c.state = 'DEAD' then interval '0'
      else make_interval(secs => least(power(2, c.tries - 1), 300))
    end,
    tries = case when c.state = 'DEAD' then 0 else c.tries end,
    attempt_epoch = excluded.attempt_epoch,
    first_claimed_at = null,
    lease_until = null,
    apply_failures = 0,
    finished_at = null
  where c.operation <> 'create_order'
    and (
      c.state in ('DONE', 'UNKNOWN', 'DEAD')
      -- Left over from before a person stepped in: its answer would be ignored.
      or c.attempt_epoch <> excluded.attempt_epoch and c.state in ('READY', 'CLAIMED')
    )
  returning c.id into v_id;
  if v_id is null then
    raise exception using
      errcode = 'SK301',
      message = 'the saga asked for a call that must not be repeated',
      detail = jsonb_build_object(
        'attempt', p_attempt.id, 'operation', p_operation, 'state', p_attempt.state
      ),
      hint = 'This is a defect in saga_transitions: report it.';
  end if;
  return v_id;
end;
$$;
comment on function engine.enqueue_call(
  public.booking_attempts, text, timestamptz, text
) is 'Adds the attempt''s next outward call, or reopens it, and returns its id.';
