-- Something happened that an attempt waits for, so the attempt's next read is due now.
create or replace function engine.nudge_attempt(
  p_user_id uuid, p_attempt_id uuid, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.provider_calls as c
  set run_at = p_now
  where c.user_id = p_user_id
    and c.booking_attempt_id = p_attempt_id
    and c.object_id is null
    and c.state = 'READY'
    and c.run_at > p_now;
  if found then
    perform engine.wake_sidecar();
  end if;
end;
$$;
comment on function engine.nudge_attempt(uuid, uuid, timestamptz) is
  'Makes an attempt''s waiting call due now.';
