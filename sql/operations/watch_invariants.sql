-- Runs every minute, by pg_cron or by a sidecar that stands in for it; a second call in
-- the same minute does nothing. The watch is no part of recovery, so that a slow or
-- failing check keeps no booking from ending.
-- Each run checks what changed since the run before, and five minutes more, because a
-- transaction that began before it may have committed after it. Older violations that
-- are present are looked for again every ten minutes, a day back. Each violation is a
-- case until it is gone or a person has closed the case: some violations are facts of
-- the past and stay true. A case about a trip that somebody keeps locked is opened a
-- minute later, so that one traveller does not keep the promises to others from being
-- watched.
create or replace function engine.watch_invariants() returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '250ms'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_last engine.invariant_checks;
  -- The first run looks a day back; an operator checks older rows by hand.
  v_since timestamptz := v_now - interval '1 day';
  v_known integer;
  v_present integer;
  v_attempt public.booking_attempts;
begin
  -- 'watch_invariants' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302027) then
    return null;
  end if;
  select c.* into v_last from engine.invariant_checks as c;
  if v_last.checked_at > v_now - interval '50 seconds' then
    perform engine.beat_job('watch_invariants', false);
    return null;
  elsif v_last.checked_to is not null then
    v_since := v_last.checked_to - interval '5 minutes';
    if date_bin('10 minutes', v_last.checked_at, 'epoch')
      < date_bin('10 minutes', v_now, 'epoch')
    then
      select least(v_since, greatest(min(v.since), v_now - interval '1 day'))
      into v_since
      from engine.invariant_violations as v
      where v.gone_at is null;
    end if;
  end if;

  select count(*)::integer into v_known
  from engine.invariant_violations as v
  where v.gone_at is null;
  insert into engine.invariant_violations as v (
    invariant, subject, detail, since, first_seen_at, last_seen_at
  )
  select c.invariant, c.subject, min(c.detail), max(c.since), v_now, v_now
  from engine.check_invariants(v_since) as c
  group by c.invariant, c.subject
  on conflict (invariant, subject) do update
  set
    detail = excluded.detail,
    since = excluded.since,
    first_seen_at = case
      when v.gone_at is null then v.first_seen_at else excluded.first_seen_at
    end,
    last_seen_at = excluded.last_seen_at,
    gone_at = null;
  update engine.invariant_violations as v
  set gone_at = v_now
  where v.gone_at is null
    and v.last_seen_at < v_now
    and coalesce(v.since >= v_since, true);
  select count(*)::integer into v_present
  from engine.invariant_violations as v
  where v.gone_at is null;
  insert into engine.invariant_checks as c (checked_at, checked_to, violations)
  values (v_now, v_now, v_present)
  on conflict (only_row) do update
  set
    checked_at = excluded.checked_at,
    checked_to = excluded.checked_to,
    violations = excluded.violations;
  if v_present <> v_known then
    perform engine.ring('skylatch_alerts');
  end if;
  -- The case names no attempt, so that thousands of violations ask no provider at once.
  perform engine.open_case(
    'INVARIANT', v.invariant || ': ' || v.subject, null::public.booking_attempts,
    v.detail, '{}', v_now
  )
  from engine.invariant_violations as v
  where v.gone_at is null
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'INVARIANT'
        and r.object_id = v.invariant || ': ' || v.subject
        and r.opened_at >= v.first_seen_at
    )
    -- The scan has opened a case already.
    and not exists (
      select from engine.review_cases as r
      where r.kind = 'DOUBLE_BOOKING'
        and r.object_id = v.subject
        and r.resolved_at is null
    );
  perform engine.close_case(r.kind, r.object_id, 'watch', 'it holds again', v_now)
  from engine.review_cases as r
  where r.kind = 'INVARIANT'
    and r.resolved_at is null
    and not exists (
      select from engine.invariant_violations as v
      where v.gone_at is null and v.invariant || ': ' || v.subject = r.object_id
    );

  -- A person is told before a hold lapses, once for each attempt: a closed case stays
  -- closed.
  for v_attempt in
    select a.*
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
      and a.capture_before < v_now + interval '12 hours'
      and a.captured_amount is null
      and a.voided_at is null
      and not exists (
        select from engine.review_cases as r
        where r.kind = 'AUTHORIZATION_LAPSING' and r.object_id = a.id::text
      )
  loop
    begin
      perform engine.open_case(
        'AUTHORIZATION_LAPSING', v_attempt.id::text, v_attempt,
        format(
          '%s, and the card authorization lapses at %s', v_attempt.state,
          to_char(v_attempt.capture_before at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
        ),
        '{}', v_now
      );
    exception when lock_not_available then
      perform engine.wait_less();
      raise warning 'no case of attempt % (trace %) yet: its trip is held',
        v_attempt.id, engine.trace_hex(coalesce(v_attempt.trace_id, v_attempt.id));
    end;
  end loop;
  perform engine.close_case(r.kind, r.object_id, 'watch', 'decided', v_now)
  from engine.review_cases as r
  inner join public.booking_attempts as a
    on r.user_id = a.user_id and r.booking_attempt_id = a.id
  where r.kind = 'AUTHORIZATION_LAPSING'
    and r.resolved_at is null
    and (
      a.captured_amount is not null
      or a.voided_at is not null
      or a.state in ('CONFIRMED', 'FAILED', 'CANCELLED')
    );
  perform engine.beat_job('watch_invariants', true);
  return v_present;
end;
$$;
comment on function engine.watch_invariants() is
  'Records broken promises and opens a case for each hold about to lapse; returns how '
  'many violations are present, or null when the run was not due.';
grant execute on function engine.watch_invariants() to skylatch_cron;
