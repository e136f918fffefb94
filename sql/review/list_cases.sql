-- Each case is shown with what the engine sent and what came back, so that an operator
-- can decide without another window. Definer: operators have no rights on tables, and
-- see no person's name.
create or replace function engine.list_cases()
  returns table (
    case_id bigint,
    kind text,
    opened_at timestamptz,
    age interval,
    summary text,
    object_id text,
    trip_request_id uuid,
    trip_status text,
    booking_attempt_id uuid,
    attempt_state text,
    traveller text,
    agreed_amount numeric,
    captured_amount numeric,
    currency text,
    sent jsonb,
    heard jsonb,
    evidence jsonb,
    evidence_at timestamptz,
    actions jsonb,
    decided jsonb
  )
  language sql stable
  security definer
begin atomic
  select
    c.id,
    c.kind,
    c.opened_at,
    clock_timestamp() - c.opened_at,
    c.summary,
    c.object_id,
    c.trip_request_id,
    t.auto_book_status,
    c.booking_attempt_id,
    a.state,
    'traveller ' || left(c.user_id::text, 8),
    a.agreed_amount,
    a.captured_amount,
    a.currency,
    (
      select
        coalesce(
          jsonb_agg(
            jsonb_strip_nulls(
              jsonb_build_object(
                'operation', p.operation,
                'key', p.idempotency_key,
                'state', p.state,
                'tries', p.tries,
                'created_at', p.created_at,
                'claimed_at', p.claimed_at,
                'sent_at', p.sent_at,
                'finished_at', p.finished_at,
                'verdict', p.verdict,
                'http_status', p.http_status,
                'error_code', p.error_code,
                'request_id', p.request_id
              )
            )
            order by p.id
          ),
          '[]'
        )
      from engine.provider_calls as p
      where p.user_id = c.user_id and p.booking_attempt_id = c.booking_attempt_id
    ),
    (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object('at', e.at, 'what', e.reason, 'detail', e.detail)
            order by e.id
          ),
          '[]'
        )
      from engine.booking_events as e
      where e.user_id = c.user_id
        and e.trip_request_id = c.trip_request_id
        and e.booking_attempt_id = c.booking_attempt_id
    ),
    c.evidence,
    c.evidence_at,
    (
      select
        coalesce(
          jsonb_agg(
            jsonb_strip_nulls(
              jsonb_build_object(
                'action', p.action, 'does', p.does, 'not_now', p.problem
              )
            )
            order by p.problem is not null, p.action
          ),
          '[]'
        )
      from engine.possible_actions(c, clock_timestamp()) as p
    ),
    (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object(
              'at', r.at, 'actor', r.actor, 'action', r.action, 'reason', r.reason,
              'outcome', r.outcome
            )
            order by r.id
          ),
          '[]'
        )
      from engine.review_actions as r
      where r.review_case_id = c.id
    )
  from engine.review_cases as c
  left join public.trip_requests as t
    on c.user_id = t.user_id and c.trip_request_id = t.id
  left join public.booking_attempts as a
    on c.user_id = a.user_id and c.booking_attempt_id = a.id
  where c.resolved_at is null
  order by c.opened_at, c.id;
end;
comment on function engine.list_cases() is 'See public.review_queue.';
grant execute on function engine.list_cases() to skylatch_operator;
