-- These rows say what each kind of event leads to. An event is a signal and never
-- evidence: the engine reads what the event mentions from the provider before anything
-- follows. A kind of event without a row is stored and ignored; IGNORE says that
-- somebody has considered the kind.
--
--   NUDGE   an attempt in flight has its own next read due now; else as LOOK
--   HINT    the order that is named is read beside the list of orders; then as NUDGE
--   LOOK    the object is read for the record, and an attempt in flight is nudged
--   CARDS   every card of the customer is read
--   IGNORE  nothing follows
delete from engine.event_effects;
insert into engine.event_effects (provider, type, effect, operation)
values
  ('stripe', 'payment_intent.created', 'IGNORE', null),
  ('stripe', 'payment_intent.partially_funded', 'IGNORE', null),
  ('stripe', 'payment_intent.processing', 'NUDGE', 'look_payment'),
  ('stripe', 'payment_intent.requires_action', 'NUDGE', 'look_payment'),
  ('stripe', 'payment_intent.amount_capturable_updated', 'NUDGE', 'look_payment'),
  ('stripe', 'payment_intent.payment_failed', 'NUDGE', 'look_payment'),
  ('stripe', 'payment_intent.succeeded', 'NUDGE', 'look_payment'),
  ('stripe', 'payment_intent.canceled', 'NUDGE', 'look_payment'),
  -- Where the event names the payment intent, the intent is read with its charge.
  ('stripe', 'charge.captured', 'NUDGE', 'look_charge'),
  ('stripe', 'charge.expired', 'NUDGE', 'look_charge'),
  ('stripe', 'charge.refunded', 'NUDGE', 'look_charge'),
  -- The time until which it can be captured may have moved.
  ('stripe', 'charge.updated', 'LOOK', 'look_charge'),
  ('stripe', 'charge.dispute.created', 'LOOK', 'look_dispute'),
  ('stripe', 'charge.dispute.updated', 'LOOK', 'look_dispute'),
  ('stripe', 'charge.dispute.closed', 'LOOK', 'look_dispute'),
  ('stripe', 'charge.dispute.funds_withdrawn', 'LOOK', 'look_dispute'),
  ('stripe', 'charge.dispute.funds_reinstated', 'LOOK', 'look_dispute'),
  ('stripe', 'radar.early_fraud_warning.created', 'LOOK', 'look_warning'),
  ('stripe', 'refund.created', 'NUDGE', 'look_refund'),
  -- A refund that succeeded may fail days later.
  ('stripe', 'refund.updated', 'LOOK', 'look_refund'),
  ('stripe', 'refund.failed', 'LOOK', 'look_refund'),
  -- Cards are stored by the application, from the setup that it made itself.
  ('stripe', 'setup_intent.succeeded', 'IGNORE', null),
  ('stripe', 'setup_intent.setup_failed', 'IGNORE', null),
  ('stripe', 'setup_intent.requires_action', 'IGNORE', null),
  ('stripe', 'setup_intent.canceled', 'IGNORE', null),
  ('stripe', 'payment_method.attached', 'IGNORE', null),
  ('stripe', 'payment_method.updated', 'LOOK', 'look_method'),
  ('stripe', 'payment_method.automatically_updated', 'LOOK', 'look_method'),
  ('stripe', 'payment_method.detached', 'LOOK', 'look_method'),
  ('stripe', 'customer.deleted', 'CARDS', 'look_method'),

  ('duffel', 'ping.triggered', 'IGNORE', null),
  ('duffel', 'order.created', 'HINT', 'look_order'),
  -- This event is believed by itself: no list of orders can say "was never made".
  ('duffel', 'order.creation_failed', 'NUDGE', 'look_order'),
  ('duffel', 'order.updated', 'LOOK', 'look_order'),
  ('duffel', 'order.airline_initiated_change_detected', 'LOOK', 'look_order'),
  ('duffel', 'air.order.changed', 'LOOK', 'look_order'),
  -- A quote; nothing is cancelled yet.
  ('duffel', 'order_cancellation.created', 'IGNORE', null),
  ('duffel', 'order_cancellation.confirmed', 'NUDGE', 'look_order'),
  -- From our own balance, together with the order.
  ('duffel', 'payment.created', 'IGNORE', null),
  ('duffel', 'air.payment.pending', 'NUDGE', 'look_order'),
  ('duffel', 'air.payment.succeeded', 'NUDGE', 'look_order'),
  ('duffel', 'air.payment.failed', 'LOOK', 'look_order'),
  ('duffel', 'air.payment.cancelled', 'LOOK', 'look_order'),
  ('duffel', 'air.airline_credit.created', 'IGNORE', null),
  ('duffel', 'air.airline_credit.spent', 'IGNORE', null),
  ('duffel', 'air.airline_credit.invalidated', 'IGNORE', null);
