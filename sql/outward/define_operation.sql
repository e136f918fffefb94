-- The first statement of each operation's file. Its rules are written anew after it. An
-- operation that only observes is evidence, never a step: it is repeated while it
-- fails, and then let be, for the next one comes.
--
-- Stripe may forget a key 24 hours after its first use, and would then execute again:
-- key_lasts. A breaker (breaks_after failures in a row) is only for what begins
-- something; what reads, undoes or collects goes on. While a history that a failover or
-- a restore has changed is not confirmed, no attempt goes on that has no order yet, nor
-- ends: what it would do may have been done (awaits_history).
create or replace function engine.define_operation(
  p_operation text,
  p_provider text,
  p_lease interval,
  p_max_tries integer,
  p_waits interval[] default null,
  p_key_lasts interval default null,
  p_marks_sent boolean default false,
  p_observes boolean default false,
  p_breaks_after integer default null,
  p_awaits_history boolean default false
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.operations as o (
    operation, provider, lease, max_tries, waits, key_lasts, marks_sent, observes,
    breaks_after, awaits_history
  )
  values (
    p_operation, p_provider, p_lease, p_max_tries, p_waits, p_key_lasts, p_marks_sent,
    p_observes, p_breaks_after, p_awaits_history
  )
  on conflict (operation) do update
  set
    provider = excluded.provider,
    lease = excluded.lease,
    max_tries = excluded.max_tries,
    waits = excluded.waits,
    key_lasts = excluded.key_lasts,
    marks_sent = excluded.marks_sent,
    observes = excluded.observes,
    breaks_after = excluded.breaks_after,
    awaits_history = excluded.awaits_history
  where o is distinct from excluded;
  delete from engine.outcome_rules as r where r.operation = p_operation;
  if p_observes then
    insert into engine.outcome_rules (
      operation, http_status, error_code, verdict, trip_status, reason
    )
    values
      (p_operation, '*', '*', 'RETRY', null, null),
      (p_operation, '2xx', 'ok', 'OK', null, null),
      (p_operation, '4xx', '*', 'FAIL', 'PENDING', 'The provider does not know it.'),
      (p_operation, '429', '*', 'RETRY', null, null);
  end if;
end;
$$;
comment on function engine.define_operation(
  text, text, interval, integer, interval[], interval, boolean, boolean, integer,
  boolean
) is 'Writes an outward call''s row, and forgets the rules that it had.';
