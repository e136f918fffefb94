-- An idempotency key has one row. A repeated request (a repeated confirmation, another
-- read) reopens the row, later each time; a dead call begins anew. A call that is
-- marked as sent before it leaves is never reopened: then nothing is returned. A new
-- call that is due is born claimed by the worker that it is handed to, so that its row
-- is written once.
create or replace function engine.enqueue_call(
  p_call engine.provider_calls, p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_id bigint;
  v_now timestamptz := clock_timestamp();
  v_worker text := case when p_call.run_at <= v_now then p_hand_to end;
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
  end if;
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation,
    idempotency_key, run_at, trace_id, trace_sampled, state, worker, epoch, tries,
    claimed_at, first_claimed_at, lease_until
  )
  values (
    p_call.user_id, p_call.trip_request_id, p_call.booking_attempt_id,
    p_call.attempt_epoch, p_call.operation, p_call.idempotency_key, p_call.run_at,
    p_call.trace_id, p_call.trace_sampled, v_born.state, v_worker, v_born.epoch,
    v_born.tries, v_born.claimed_at, v_born.claimed_at,
    -- Null for one that waits in the queue.
    v_born.claimed_at + (
      select o.lease from engine.operations as o where o.operation = p_call.operation
    )
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
  where not exists (
    select from engine.operations as o
    where o.operation = c.operation and o.marks_sent
  )
    and (
      c.state in ('DONE', 'UNKNOWN', 'DEAD')
      -- Left over from before a person stepped in: its answer would be ignored.
      or c.attempt_epoch <> excluded.attempt_epoch and c.state in ('READY', 'CLAIMED')
    )
  returning c.id into v_id;
  return v_id;
end;
$$;
comment on function engine.enqueue_call(engine.provider_calls, text) is
  'Adds an outward call, or reopens it; returns its id, or null when the call must not '
  'be repeated.';
