-- A person's decision about an attempt becomes a verdict of the saga, so
-- saga_transitions says what happens then. A second click on the same decision finds
-- the first on record and returns its answer. The same decision counts as a new one
-- only when the attempt has come back to a state in which it is possible.
-- Lock order: trip_requests, then booking_attempts, then review_cases.
create or replace function engine.review_attempt(
  p_case_id bigint, p_action text, p_reason text, p_order_id text
) returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_case engine.review_cases;
  v_attempt public.booking_attempts;
  v_possible record;
  v_done engine.review_actions;
  v_outcome text;
begin
  perform engine.require_size('p_action', array[p_action], 1, 100);
  perform engine.require_size('p_order_id', array[p_order_id], 1, 200);
  if p_action is null
    or p_action not in ('ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME')
  then
    raise exception using
      errcode = 'SK012',
      message = 'unknown action',
      detail = jsonb_build_object('field', 'p_action', 'value', p_action),
      column = 'p_action',
      hint = 'Use ADOPT, VOID, RELEASE, CANCEL, REFUND or RESUME.';
  elsif p_action = 'ADOPT'
    and coalesce(p_order_id, '') collate "C" !~ '^ord_[[:alnum:]_]{1,100}$'
  then
    raise exception using
      errcode = 'SK017',
      message = 'an order to adopt needs its id',
      detail = jsonb_build_object('field', 'p_order_id', 'value', p_order_id),
      column = 'p_order_id',
      hint = 'Duffel''s id of the order begins with ord_.';
  end if;
  v_case := engine.lock_case(p_case_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id;
  select p.* into v_possible
  from engine.possible_actions(v_case, v_now) as p
  where p.action = p_action;
  select r.* into v_done
  from engine.review_actions as r
  where r.review_case_id = p_case_id and r.action = p_action
  order by r.id desc
  limit 1;
  if v_done.id is not null and (
    v_possible.action is null
    or v_possible.problem is not null
    or v_attempt.id is null
    or v_attempt.state_changed_at <= v_done.at
  ) then
    return v_done.outcome;
  elsif v_possible.action is null or v_possible.problem is not null then
    raise exception using
      errcode = 'SK108',
      message = 'this is not possible now',
      detail = jsonb_build_object(
        'case', p_case_id, 'action', p_action, 'state', v_attempt.state,
        'problem', coalesce(v_possible.problem, 'not in this state')
      ),
      hint = 'review_queue shows what is possible; refresh_case asks the providers again.';
  end if;

  if v_attempt.id is null then
    perform engine.enqueue_read(
      'cancel_orphan_payment', v_case.object_id,
      jsonb_build_object('payment_intent', v_case.object_id), v_attempt, v_now
    );
    perform engine.wake_sidecar();
    v_outcome := 'asked Stripe to release the hold';
  else
    update public.booking_attempts as a
    set
      order_hint = case p_action when 'ADOPT' then p_order_id else a.order_hint end,
      min_refund = case p_action when 'CANCEL' then 0 else a.min_refund end
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and p_action in ('ADOPT', 'CANCEL');
    v_outcome := engine.command_attempt(
      v_attempt.user_id, v_attempt.id, p_action, engine.caller(), 'case:' || p_case_id,
      v_reason, v_now
    );
  end if;
  perform engine.record_action(v_case, p_action, v_reason, v_outcome, v_now);
  if p_action = 'REFUND' then
    perform engine.close_case(
      v_case.kind, v_case.object_id, engine.caller(), 'refund', v_now
    );
  end if;
  return v_outcome;
end;
$$;
comment on function engine.review_attempt(bigint, text, text, text) is
  'See public.review_attempt.';
grant execute on function engine.review_attempt(bigint, text, text, text)
  to skylatch_operator;

create or replace function public.review_attempt(
  p_case_id bigint, p_action text, p_reason text, p_order_id text default null
) returns text
  language sql volatile
  security invoker
return engine.review_attempt(p_case_id, p_action, p_reason, p_order_id);
comment on function public.review_attempt(bigint, text, text, text) is
  'Decides a case by ADOPT (with an order id), VOID, RELEASE, CANCEL, REFUND or RESUME '
  'and returns where that leads; a repeated decision takes effect once.';
grant execute on function public.review_attempt(bigint, text, text, text)
  to skylatch_operator;
