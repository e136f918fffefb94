-- Every outward call there is. An order is the one that is not idempotent at its
-- provider; its lease outlives the 130 s that Duffel may take plus the connect.
-- Stripe may forget a key 24 hours after its first use, and would then execute again.
-- A breaker is only for what begins something: what reads, undoes or collects goes on.
-- While a history that a failover or a restore has changed is not confirmed, no attempt
-- goes on that has no order yet, nor ends: what it would do may have been done.
insert into engine.operations as o (
  operation, provider, marks_sent, lease, max_tries, waits, key_lasts, observes,
  breaks_after
)
values
  ('search', 'duffel', false, '180 seconds', 4, null, null, false, 5),
  ('get_offer', 'duffel', false, '90 seconds', 6, null, null, false, 5),
  ('create_order', 'duffel', true, '200 seconds', 6, null, null, false, 5),
  -- An order may take hours to appear: eagerly at first, then for a day.
  ('find_order', 'duffel', false, '180 seconds', 1,
    '{2 s,5 s,15 s,1 min}'::interval[]
    || array_fill('5 min'::interval, '{72}') || array_fill('30 min'::interval, '{36}'),
    null, false, null),
  ('quote_cancellation', 'duffel', false, '90 seconds', 12, null, null, false, null),
  ('confirm_cancellation', 'duffel', false, '120 seconds', 12, null, null, false, null),
  ('read_cancellation', 'duffel', false, '90 seconds', 20, null, null, false, null),
  ('create_payment', 'stripe', false, '60 seconds', 8, null, '23 hours', false, 5),
  ('confirm_payment', 'stripe', false, '60 seconds', 8, null, '23 hours', false, null),
  ('read_authorization', 'stripe', false, '60 seconds', 20, null, null, false, null),
  ('capture_payment', 'stripe', false, '60 seconds', 20, null, '23 hours', false, null),
  ('read_capture', 'stripe', false, '60 seconds', 20, null, null, false, null),
  ('cancel_payment', 'stripe', false, '60 seconds', 20, null, '23 hours', false, null),
  ('read_void', 'stripe', false, '60 seconds', 20, null, null, false, null),
  ('create_refund', 'stripe', false, '60 seconds', 20, null, '23 hours', false, null),
  -- A refund may be pending for days.
  ('find_refunds', 'stripe', false, '60 seconds', 1,
    '{1 s,5 s,30 s,5 min,30 min,2 h,6 h,12 h}'::interval[]
    || array_fill('1 day'::interval, '{30}'), null, false, null),

  -- Looks: evidence, never a step.
  ('look_order', 'duffel', false, '180 seconds', 8, null, null, true, null),
  ('look_payment', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_charge', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_refund', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_dispute', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_warning', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_setup', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('look_method', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('scan_orders', 'duffel', false, '180 seconds', 8, null, null, true, null),
  ('scan_payments', 'stripe', false, '60 seconds', 8, null, null, true, null),
  ('sweep_order_events', 'duffel', false, '180 seconds', 8, null, null, true, null),
  ('sweep_payment_events', 'stripe', false, '60 seconds', 8, null, null, true, null),
  -- Not only a look: it releases a hold that no attempt accounts for. No saga moves.
  ('cancel_orphan_payment', 'stripe', false, '60 seconds', 8, null, '23 hours', true,
    null)
on conflict (operation) do update
set
  provider = excluded.provider,
  marks_sent = excluded.marks_sent,
  lease = excluded.lease,
  max_tries = excluded.max_tries,
  waits = excluded.waits,
  key_lasts = excluded.key_lasts,
  observes = excluded.observes,
  breaks_after = excluded.breaks_after
where o is distinct from excluded;

update engine.operations as o
set awaits_history = not o.awaits_history
where o.awaits_history <> (
  o.operation in (
    'get_offer', 'create_payment', 'confirm_payment', 'read_authorization',
    'create_order', 'cancel_payment', 'read_void'
  )
);
