-- The first statement of each operation's file; the file then writes the operation's
-- rules anew. An operation that only observes is evidence and never a step of a saga:
-- it is repeated while it fails, and given up in the end, because another read follows.
--
-- key_lasts: Stripe may forget a key 24 hours after its first use, and would then
-- execute the call again. breaks_after: so many failures in a row open the breaker;
-- only an operation that begins something has one, while operations that read, undo or
-- collect go on. awaits_history: while a history that a failover or a restore has
-- changed is not confirmed, no attempt without an order goes on or ends, because what
-- it would do may have been done already.
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
) is 'Writes the row of an outward call, and removes the rules that the call had.';
