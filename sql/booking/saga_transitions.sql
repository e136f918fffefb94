-- The booking saga. REPRICING → CREATING_PAYMENT → AUTHORIZING → ORDERING → CAPTURING →
-- CONFIRMED, with VOIDING as the way back. Nothing is captured without an order, and
-- nothing is voided while an order may exist.
insert into engine.saga_states as s (state, is_final, is_parked, meaning)
values
  ('REPRICING', false, false, 'Reading the offer live: still there, still affordable?'),
  ('CREATING_PAYMENT', false, false, 'Creating the payment intent, without money yet.'),
  ('AUTHORIZING', false, false, 'Asking the card''s bank to hold the amount.'),
  ('ORDERING', false, false, 'Ordering the tickets, once.'),
  ('CAPTURING', false, false, 'The order exists; collecting the held amount.'),
  ('CONFIRMED', true, false, 'Booked and paid.'),
  ('VOIDING', false, false, 'No order; releasing the held amount.'),
  ('FAILED', true, false, 'Ended without an order and without a charge.'),
  ('ORDER_UNKNOWN', false, true,
    'An order may exist: frozen until the truth is found.'),
  ('NEEDS_REVIEW', false, true, 'A person has to decide.')
on conflict (state) do update
set
  is_final = excluded.is_final,
  is_parked = excluded.is_parked,
  meaning = excluded.meaning
where s is distinct from excluded;

delete from engine.saga_transitions;
insert into engine.saga_transitions (state, verdict, next_state, next_operation)
values
  ('REPRICING', 'OK', 'CREATING_PAYMENT', 'create_payment'),
  ('REPRICING', 'FAIL', 'FAILED', null),
  ('REPRICING', 'RESEARCH', 'FAILED', null),
  ('REPRICING', 'EXHAUSTED', 'FAILED', null),
  ('CREATING_PAYMENT', 'OK', 'AUTHORIZING', 'confirm_payment'),
  ('CREATING_PAYMENT', 'FAIL', 'FAILED', null),
  ('CREATING_PAYMENT', 'EXHAUSTED', 'FAILED', null),
  ('AUTHORIZING', 'OK', 'ORDERING', 'create_order'),
  ('AUTHORIZING', 'UNKNOWN', 'AUTHORIZING', 'read_authorization'),
  ('AUTHORIZING', 'REDO', 'AUTHORIZING', 'confirm_payment'),
  ('AUTHORIZING', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('AUTHORIZING', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('AUTHORIZING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('ORDERING', 'OK', 'CAPTURING', 'capture_payment'),
  ('ORDERING', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'RESEARCH', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'STOP', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'UNKNOWN', 'ORDER_UNKNOWN', null),
  ('ORDERING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('CAPTURING', 'OK', 'CONFIRMED', null),
  ('CAPTURING', 'UNKNOWN', 'CAPTURING', 'read_capture'),
  ('CAPTURING', 'REDO', 'CAPTURING', 'capture_payment'),
  ('CAPTURING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('CAPTURING', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('VOIDING', 'OK', 'FAILED', null),
  ('VOIDING', 'UNKNOWN', 'VOIDING', 'read_void'),
  ('VOIDING', 'REDO', 'VOIDING', 'cancel_payment'),
  ('VOIDING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('VOIDING', 'EXHAUSTED', 'NEEDS_REVIEW', null);
