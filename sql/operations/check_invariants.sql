-- What must never be true, as rows: one query for each promise. Empty is healthy. Those
-- about attempts look at what changed since `p_since`, by default at everything; those
-- about what is live, waiting or granted now look at all of it every time. Of each row,
-- `since` says how far back a check must go to find it again; null: every check does.
--
-- PL/pgSQL, because a plan is wanted that knows the value of `p_since`: the one of an
-- SQL function reads every attempt to find the three that changed.
--
-- What unique indexes, foreign keys and checks guarantee is looked at all the same: an
-- index may be broken or gone. What our rows cannot tell:
-- - I4, payload: bodies are made anew from frozen rows at hand-out and not kept (they
--   hold personal data), so there is no hash to compare. That an order was not sent
--   twice is seen in the providers' own lists: review/compare_orders.sql.
-- - I6, spending limits: what a limit was before its last change is not kept, so that
--   only what began since is held against it. Days and months that are over, and
--   refunds that failed after they had counted as returned, are not looked at.
-- - I6, one place at a time: an airline may move a flight into another one. That is
--   found too; nobody here did it, and a person decides.
-- - I10: leases that ended are not kept. That Redis decides nothing is shown by the
--   tests that take it away.
-- - I11: a name or a passport number looks like any other text; only what has a form
--   can be found. Server logs are out of reach from here.
-- - I12: there is no dry run. Where a flag or the kill switch is off nothing begins.
-- - I13, behaviour: who reads which rows is tried by logging in, in the tests.
-- Its former signature would make the plain call ambiguous.
drop function if exists engine.check_invariants();
create or replace function engine.check_invariants(
  p_since timestamptz default '-infinity'
) returns table (invariant text, subject text, detail text, since timestamptz)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
  -- The details are kept, and read by whoever asks later.
  set datestyle = 'ISO, MDY'
  set timezone = 'UTC'
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  -- I1
  return query
  select
    'one live attempt or booking per trip', t.trip_request_id::text,
    format('%s attempts in flight, %s confirmed bookings', l.live, l.booked), t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select
      (
        select count(*) from public.booking_attempts as a
        where a.user_id = t.user_id
          and a.trip_request_id = t.trip_request_id
          and a.status = 'PENDING'
      ) as live,
      (
        select count(*) from public.flight_bookings as b
        where b.user_id = t.user_id
          and b.trip_request_id = t.trip_request_id
          and b.status = 'CONFIRMED'
      ) as booked
  ) as l
  where l.live + l.booked > 1;

  -- I1, as the providers see them: what our rows tell, and what a scan has found
  -- (review/find_doubles.sql), whoever made it.
  return query
  select
    'one live order and one capture per trip',
    format('%s of trip %s', d.what, t.trip_request_id), format('%s live', d.live),
    t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select 'orders' as what, count(*) as live
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.order_id is not null
      and a.order_cancelled_at is null
    union all
    select 'payments', count(*)
    from public.booking_attempts as a
    where a.user_id = t.user_id
      and a.trip_request_id = t.trip_request_id
      and a.captured_amount is not null
      and a.refunded_at is null
      and a.order_cancelled_at is null
  ) as d
  where d.live > 1
  union
  select
    'one live order and one capture per trip', c.object_id, c.evidence ->> 'found',
    null::timestamptz
  from engine.review_cases as c
  where c.kind = 'DOUBLE_BOOKING' and c.resolved_at is null;

  -- I1
  return query
  select 'a success has its booking', a.id::text, a.state, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'SUCCESS'
    and (
      select count(*) from public.flight_bookings as b
      where b.user_id = a.user_id and b.booking_attempt_id = a.id
    ) <> 1;

  -- I2
  return query
  select
    'a booking is what was agreed', b.id::text,
    format(
      '%s, agreed %s, collected %s', engine.format_money(b.price, b.currency),
      engine.format_money(a.agreed_amount, a.currency),
      coalesce(engine.format_money(a.captured_amount, a.currency), 'nothing')
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      b.price, b.currency, b.offer_id, b.order_id, b.payment_intent_id,
      a.captured_amount, a.status
    ) is distinct from (
      a.agreed_amount, a.currency, a.offer_id, a.order_id, a.payment_intent_id,
      b.price, 'SUCCESS'
    );

  -- I3
  return query
  select
    'no hold is left when an attempt fails', a.id::text,
    'payment ' || a.payment_intent_id || ' was neither voided nor returned',
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.payment_intent_id is not null
    and a.voided_at is null
    and a.refunded_at is null;

  -- I3
  return query
  select
    'nothing is kept of an attempt that failed', a.id::text,
    format(
      'collected %s, returned %s', engine.format_money(a.captured_amount, a.currency),
      engine.format_money(
        case when a.refunded_at is null then 0 else a.refund_amount end, a.currency
      )
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.captured_amount > case
      when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
    end;

  -- I3: a person is asked half a day ahead; whatever else runs is over by now.
  return query
  select
    'a hold is decided before it lapses', a.id::text,
    format('%s; it lapses at %s', a.state, a.capture_before), null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.capture_before < v_now + interval '6 hours'
    and a.captured_amount is null
    and a.voided_at is null;

  -- I3
  return query
  select
    'a cancelled booking says so', b.id::text,
    format('%s, its attempt is %s', b.status, a.state), a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      a.state = 'CONFIRMED' and b.status <> 'CONFIRMED'
      or a.state in ('REFUNDING', 'CANCELLED')
      and a.order_cancelled_at is not null
      and b.status = 'CONFIRMED'
      or a.state = 'CANCELLED' and a.refunded_at is null
    );

  -- I3
  return query
  select
    'no failure hides an order', a.id::text, 'order ' || a.order_id, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.order_id is not null
    and a.order_cancelled_at is null;

  -- I4: out of "an order may exist" lead only the provider's word and a person's.
  return query
  select
    'an unknown order is not let go', a.id::text,
    format('call %s, sent at %s', c.id, c.sent_at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and c.operation = 'create_order'
    and c.state = 'UNKNOWN'
    and a.order_cancelled_at is null
    and coalesce(a.error_code, '') not in ('creation_failed', 'void', 'release');

  -- I4: one call, under its derived key, sent after the intent was committed.
  return query
  select
    'an order is sent once, after its intent', a.id::text,
    format(
      '%s calls; intent at %s, sent at %s', count(*), a.started_at, min(c.sent_at)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.operation = 'create_order'
  group by a.user_id, a.id
  having count(*) > 1
    or min(c.sent_at) < a.started_at
    or bool_or(c.idempotency_key <> a.id || ':create_order')
    or bool_or(a.order_id is not null and c.sent_at is null);

  -- I4: only what reads for the record, and searches, may go without an attempt.
  return query
  select
    'nothing is ordered or charged without an attempt', c.id::text,
    c.operation || ' ' || c.state, null::timestamptz
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.booking_attempt_id is null
    and (c.state = 'READY' or c.state in ('CLAIMED', 'SENT'))
    and c.operation <> 'search'
    and not o.observes;

  -- I5: each move raises the epoch by one and is on record. One that fell, or a move
  -- made under an old one, leaves fewer epochs than moves; one made past the record
  -- leaves more.
  return query
  select
    'epochs never fall', a.id::text,
    format('epoch %s after %s moves', a.epoch, m.moves), a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) filter (where e.from_state is distinct from e.to_state) as moves,
      count(*) as steps
    from engine.booking_events as e
    where e.user_id = a.user_id
      and e.trip_request_id = a.trip_request_id
      and e.booking_attempt_id = a.id
      and e.to_state is not null
  ) as m
  where a.state_changed_at >= p_since and a.epoch not between m.moves and m.steps;

  -- I5
  return query
  select
    'no call is ahead of its attempt', c.id::text,
    format('%s made for epoch %s of %s', c.operation, c.attempt_epoch, a.epoch),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.attempt_epoch > a.epoch;

  -- I6
  return query
  select
    'never above the limit', a.id::text,
    format(
      '%s over a limit of %s', engine.format_money(a.agreed_amount, a.currency),
      engine.format_money(a.cap_amount, a.currency)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since and a.agreed_amount > a.cap_amount;

  -- I6: only what was ordered; a fare that rose is stopped at the last look.
  return query
  select
    'no limit of a traveller is exceeded',
    format('%s %s %s', l.user_id, l.currency, l.period),
    format('%s over a limit of %s', sum(s.kept), l.amount), max(a.state_changed_at)
  from (
    select distinct c.user_id
    from public.booking_attempts as c
    where c.state_changed_at >= p_since
  ) as d
  inner join public.spending_limits as l on d.user_id = l.user_id
  inner join public.booking_attempts as a
    on l.user_id = a.user_id and l.currency = a.currency
  cross join lateral (
    select
      a.agreed_amount - case
        when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
      end as kept
  ) as s
  where a.order_id is not null
    and (
      a.status = 'PENDING'
      or a.status = 'SUCCESS'
      and (
        l.period = 'total'
        or a.ended_at >= date_trunc(l.period, v_now at time zone 'UTC')
        at time zone 'UTC'
      )
    )
  group by l.user_id, l.currency, l.period
  having sum(s.kept) > l.amount and max(a.started_at) > l.changed_at;

  -- I6: whose flights changed since, by a step of the saga or by the airline.
  return query
  select
    'nobody is on two flights at once', format('%s %s', c.one, c.other),
    'overlap', max(c.changed)
  from (
    select
      least(d.id, o.attempt_id) as one,
      greatest(d.id, o.attempt_id) as other,
      d.changed
    from (
      select a.user_id, a.id, a.state_changed_at as changed
      from public.booking_attempts as a
      where a.state_changed_at >= p_since
      union all
      select a.user_id, a.id, a.moved_at
      from public.booking_attempts as a
      where a.moved_at >= p_since
    ) as d
    inner join public.booking_attempts as a on d.user_id = a.user_id and d.id = a.id
    left join public.flight_bookings as b
      on a.user_id = b.user_id and a.id = b.booking_attempt_id
    cross join lateral engine.overlapping_attempts(d.user_id, d.id) as o
    where a.status = 'PENDING' or b.status = 'CONFIRMED'
  ) as c
  group by c.one, c.other;

  -- I6
  return query
  select
    'nothing begins that the flags do not allow', a.id::text, a.flags::text,
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and (
      a.flags #> '{auto_booking_pipeline_enabled,value}' is distinct from 'true'
      or a.flags #> '{auto_booking_emergency_disable,value}' is distinct from 'false'
    );

  -- I6
  return query
  select
    'nothing begins with an expired offer', a.id::text,
    format('begun at %s, expired at %s', a.started_at, o.expires_at),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_offers as o
    on a.user_id = o.user_id and a.flight_offer_id = o.id
  where a.state_changed_at >= p_since and o.expires_at <= a.started_at;

  -- I7: the inbox's key; here as a row could tell it.
  return query
  select
    'an event is kept once', e.provider || ' ' || e.event_id,
    format('%s times', count(*)), min(e.received_at)
  from engine.provider_events as e
  where e.received_at >= p_since
  group by e.provider, e.event_id
  having count(*) > 1;

  -- I7: what is final stays so unless a person orders otherwise. NEEDS_REVIEW goes on
  -- where the review began, and a way back without a hold is the end of it.
  return query
  select
    'every step is one that the saga has', a.id::text,
    format('%s to %s at %s', e.from_state, e.to_state, e.at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.booking_events as e
    on a.user_id = e.user_id
      and a.trip_request_id = e.trip_request_id
      and a.id = e.booking_attempt_id
  inner join engine.saga_states as s on e.from_state = s.state
  where a.state_changed_at >= p_since
    and e.from_state <> e.to_state
    and (s.is_final or e.to_state <> 'NEEDS_REVIEW')
    and not exists (
      select from engine.saga_transitions as t
      where (
        t.state = e.from_state
        or e.from_state = 'NEEDS_REVIEW'
        and (t.verdict = 'RESUME' or t.state = 'CONFIRMED' and t.verdict = 'CANCEL')
      )
      and (
        t.next_state = e.to_state
        or t.next_state = 'VOIDING' and e.to_state in ('FAILED', 'REFUNDING')
      )
    );

  -- I8: what was being decided when the switch was pulled may have begun; it stops at
  -- the last look before an order. That takes no longer than a statement may.
  return query
  with stops as materialized (
    select c.at, c.engaged, lead(c.at, 1, 'infinity') over (order by c.id) as until
    from engine.kill_switch_changes as c
  )
  select
    'nothing begins while booking is stopped', a.id::text,
    format('begun at %s, stopped at %s', a.started_at, s.at), a.state_changed_at
  from stops as s
  inner join public.booking_attempts as a
    on a.started_at > s.at + interval '30 seconds' and a.started_at < s.until
  where s.engaged and a.state_changed_at >= p_since and s.until >= p_since;

  -- I9
  return query
  select
    'every step is on record', a.id::text,
    format(
      '%s steps, %s out of place, %s unsigned, the last to %s; it is %s', r.steps,
      r.breaks, r.unsigned, coalesce(r.last, 'nowhere'), a.state
    ),
    a.state_changed_at
  from public.booking_attempts as a
  cross join lateral (
    select
      count(*) as steps,
      count(*) filter (where s.from_state is distinct from s.came_from) as breaks,
      count(*) filter (where '' in (s.actor, s.correlation_id, s.reason)) as unsigned,
      (array_agg(s.to_state order by s.id desc))[1] as last
    from (
      select e.*, lag(e.to_state) over (order by e.id) as came_from
      from engine.booking_events as e
      where e.user_id = a.user_id
        and e.trip_request_id = a.trip_request_id
        and e.booking_attempt_id = a.id
        and e.to_state is not null
    ) as s
  ) as r
  where a.state_changed_at >= p_since
    and (r.breaks > 0 or r.unsigned > 0 or r.last is distinct from a.state);

  -- I11: what is found is not repeated here.
  return query
  select 'no card number or secret in a text', t.place, 'take it out at once', t.at
  from (
    select
      'booking_attempts ' || a.id as place, a.state_changed_at as at,
      concat_ws(' ', a.error_code, a.error_message, a.order_hint) as body
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    union all
    select 'booking_events ' || e.id, e.at, concat_ws(' ', e.reason, e.detail)
    from engine.booking_events as e
    where e.at >= p_since
    union all
    select
      'provider_calls ' || c.id, a.state_changed_at,
      concat_ws(' ', c.payload, c.error_code)
    from public.booking_attempts as a
    inner join engine.provider_calls as c
      on a.user_id = c.user_id and a.id = c.booking_attempt_id
    where a.state_changed_at >= p_since
    union all
    select
      format('provider_events %s %s', e.provider, e.event_id), e.received_at,
      concat_ws(' ', e.hints, e.outcome)
    from engine.provider_events as e
    where e.received_at >= p_since
    union all
    select
      'review_cases ' || r.id, greatest(r.opened_at, r.evidence_at, r.resolved_at),
      concat_ws(' ', r.summary, r.evidence, r.resolution)
    from engine.review_cases as r
    where greatest(r.opened_at, r.evidence_at, r.resolved_at) >= p_since
  ) as t
  -- Most texts hold nothing that could be one, which is quickly seen.
  where t.body collate "C" ~* '_(live|test)_|whsec_|-----BEGIN|[3-6]( ?[0-9]){12}'
    and engine.holds_secret(t.body);

  -- I13
  return query
  with ours as materialized (
    select
      c.oid, c.relkind, c.reloptions,
      c.relrowsecurity and c.relforcerowsecurity as rls
    from pg_class as c
    where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
      and c.relowner = 'skylatch_owner'::regrole
  )
  select f.invariant, f.subject, f.detail, null::timestamptz
  from (
    select
      'a traveller''s rows are behind row level security' as invariant,
      c.oid::regclass::text as subject, 'not forced' as detail
    from ours as c
    inner join pg_attribute as u
      on c.oid = u.attrelid and u.attname = 'user_id' and not u.attisdropped
    where c.relkind in ('r', 'p') and not c.rls
    union all
    select
      'a view shows what its reader may see', c.oid::regclass::text,
      'not security_invoker'
    from ours as c
    where c.relkind = 'm'
      or c.relkind = 'v'
      and not coalesce(
        c.reloptions && '{security_invoker=true,security_invoker=on}'::text[], false
      )
    union all
    select
      'a definer function is pinned and granted by name', p.oid::regprocedure::text,
      coalesce(array_to_string(p.proconfig, ', '), 'not pinned')
    from pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
      and p.proowner in ('skylatch_owner'::regrole, 'skylatch_cron'::regrole)
      and p.prosecdef
      and (
        exists (
          select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
          where g.grantee = 0
        )
        or p.prosqlbody is null
        and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)
      )
    union all
    select
      'a policy trusts no setting that a caller may set', c.oid::regclass::text,
      l.polname
    from pg_policy as l
    inner join ours as c on l.polrelid = c.oid
    where strpos(
      concat(
        pg_get_expr(l.polqual, l.polrelid), pg_get_expr(l.polwithcheck, l.polrelid)
      ),
      'current_setting('
    ) > 0
  ) as f;

  -- I14
  return query
  select
    'an attempt goes on or waits for a person', a.id::text,
    format('%s since %s, and nothing is on its way', a.state, a.state_changed_at),
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW')
    and a.state_changed_at < v_now - interval '15 minutes'
    and coalesce(a.deadline_at, '-infinity') < v_now
    and not exists (
      select from engine.provider_calls as c
      where c.user_id = a.user_id
        and c.booking_attempt_id = a.id
        and c.attempt_epoch = a.epoch
        and c.object_id is null
        and (
          c.state = 'READY' and c.run_at > v_now - interval '15 minutes'
          or c.state in ('CLAIMED', 'SENT')
          and c.lease_until > v_now - interval '15 minutes'
        )
    );

  -- I14
  return query
  select
    'who waits for a person is in the queue', a.id::text, a.review_from,
    null::timestamptz
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.state = 'NEEDS_REVIEW'
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'ATTEMPT' and r.object_id = a.id::text and r.resolved_at is null
    );

  -- I14: one that names no attempt of ours, as those about another installation's
  -- orders, is kept for an hour on purpose (webhooks/apply_events.sql), and left at the
  -- first try after it.
  return query
  select
    'an event is acted on', e.provider || ' ' || e.event_id,
    format('%s since %s', e.type, e.received_at), null::timestamptz
  from engine.provider_events as e
  where e.state = 'RECEIVED'
    and e.received_at < v_now - case e.outcome
      when 'no attempt of ours' then interval '2 hours' else interval '15 minutes'
    end;

  -- What the traveller reads. Of trips whose attempts changed; all of them, in full.
  return query
  select
    'a trip says what its attempt says', t.id::text, t.auto_book_status, d.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
    union all
    select o.user_id, o.id, timestamptz 'epoch'
    from public.trip_requests as o
    where p_since <= 'epoch'
      and o.auto_book_status in ('BOOKING', 'BOOKED')
      and not exists (
        select from public.booking_attempts as a
        where a.user_id = o.user_id and a.trip_request_id = o.id
      )
  ) as d
  inner join public.trip_requests as t
    on d.user_id = t.user_id and d.trip_request_id = t.id
  where (t.auto_book_status = 'BOOKED') is distinct from exists (
    select from public.flight_bookings as b
    where b.user_id = t.user_id and b.trip_request_id = t.id and b.status = 'CONFIRMED'
  )
  or t.auto_book_status = 'BOOKING' and not engine.has_live_attempt(t.user_id, t.id);
end;
$$;
comment on function engine.check_invariants(timestamptz) is
  'Returns a row for everything that must never be true, of what changed since.';
grant execute on function engine.check_invariants(timestamptz) to skylatch_operator;
