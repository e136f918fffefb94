-- The one place where a message begins, in the transaction of what it tells: it is kept
-- exactly when that is. The same subject is told once. Each address that wants the
-- message gets a delivery, which is an outward call. An urgent message hurries along
-- those of its trip that wait for the morning, because they arrive in order. Beyond so
-- many an hour, what is optional is not delivered: a traveller who states and cancels
-- trips all day long keeps nobody else's messages waiting.
create or replace function engine.notify_traveller(
  p_user_id uuid,
  p_kind text,
  p_subject text,
  p_trip_id uuid,
  p_booking_id uuid,
  p_facts jsonb,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_id uuid;
  v_kind engine.message_kinds;
  v_preferences public.notification_preferences;
  v_run_at timestamptz;
  v_problem text;
begin
  insert into public.notifications as n (
    user_id, kind, subject, trip_request_id, flight_booking_id, facts, created_at
  )
  values (
    p_user_id, p_kind, p_subject, p_trip_id, p_booking_id,
    jsonb_strip_nulls(p_facts), p_now
  )
  on conflict (user_id, kind, subject) do nothing
  returning n.id into v_id;
  if v_id is null then
    return;
  end if;
  -- Once ever, and nobody waits for it. Not p_now: this may have waited for the deploy
  -- that brings the first such code.
  update engine.message_settings as s
  set since = clock_timestamp()
  where s.only_row in (
    select f.only_row
    from engine.message_settings as f
    where f.since is null
    for update skip locked
  );
  select k.* into v_kind from engine.message_kinds as k where k.kind = p_kind;
  select p.* into v_preferences
  from public.notification_preferences as p where p.user_id = p_user_id;
  v_run_at := engine.deliver_at(v_preferences, v_kind.is_urgent, p_now);
  if v_kind.is_optional and (
    select count(*)
    from public.notifications as n
    where n.user_id = p_user_id and n.created_at > p_now - interval '1 hour'
  ) > (select s.most_per_hour from engine.message_settings as s)
  then
    v_problem := 'too many messages in an hour';
  end if;
  insert into engine.deliveries (
    user_id, notification_id, channel, endpoint, trip_request_id, state, settled_at,
    problem
  )
  select
    p_user_id, v_id, 'EMAIL', null, p_trip_id,
    case when w.problem is null then 'OPEN' else 'SKIPPED' end,
    case when w.problem is not null then p_now end,
    w.problem
  from engine.message_settings as s
  inner join auth.users as u on u.id = p_user_id
  cross join lateral (
    select case
      when u.email is null then 'the traveller has no e-mail address' else v_problem
    end as problem
  ) as w
  where s.email
    and v_preferences.by_email is not false
    and not (v_kind.is_optional and p_kind = any (coalesce(v_preferences.muted, '{}')))
  union all
  select
    p_user_id, v_id, 'WEBHOOK', e.name, p_trip_id,
    case when v_problem is null then 'OPEN' else 'SKIPPED' end,
    case when v_problem is not null then p_now end,
    v_problem
  from engine.webhook_endpoints as e
  where e.stopped_because is null and (e.kinds = '{}' or p_kind = any (e.kinds));
  insert into engine.provider_calls (
    operation, delivery_id, idempotency_key, run_at
  )
  select
    case d.channel when 'EMAIL' then 'send_email' else 'send_webhook' end,
    d.id,
    'delivery:' || d.id,
    case d.channel when 'EMAIL' then v_run_at else p_now end
  from engine.deliveries as d
  where d.user_id = p_user_id and d.notification_id = v_id and d.state = 'OPEN';
  if v_kind.is_urgent and p_trip_id is not null then
    update engine.provider_calls as c
    set run_at = p_now
    from engine.deliveries as d
    where d.trip_request_id = p_trip_id
      and d.channel = 'EMAIL'
      and d.state = 'OPEN'
      and c.delivery_id = d.id
      and c.state = 'READY'
      and c.tries = 0
      and c.run_at > p_now;
  end if;
  perform engine.ring('skylatch_notifications');
end;
$$;
comment on function engine.notify_traveller(
  uuid, text, text, uuid, uuid, jsonb, timestamptz
) is
  'Keeps one message for a traveller and the application, and has it delivered; what '
  'was told before is not told again.';
