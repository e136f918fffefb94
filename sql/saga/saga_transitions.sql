-- The booking saga. REPRICING → CREATING_PAYMENT → AUTHORIZING → ORDERING → CAPTURING →
-- CONFIRMED, with VOIDING as the way back. AWAITING_HOLDER stands after AUTHORIZING
-- where a bank wants its card's holder. Nothing is captured without an order, and
-- nothing is voided while an order may exist. An order that cannot be paid is undone
-- (QUOTING_ORDER, CANCELLING_ORDER); a booking that is cancelled is refunded
-- (QUOTING_BOOKING, CANCELLING_BOOKING, REFUNDING). What nobody can know for sure waits
-- in NEEDS_REVIEW for a person, whose orders are verdicts too: ADOPT, VOID, RELEASE,
-- CANCEL, REFUND, RESUME.
insert into engine.saga_states as s (state, is_final, is_parked, meaning)
values
  ('REPRICING', false, false, 'Reading the offer live: does it still fit?'),
  ('CREATING_PAYMENT', false, false, 'Creating the payment intent, without money yet.'),
  ('AUTHORIZING', false, false, 'Asking the card''s bank to hold the amount.'),
  ('AWAITING_HOLDER', false, false, 'Waiting for the card''s holder; nothing is held.'),
  ('ORDERING', false, false, 'Ordering the tickets, once.'),
  ('CAPTURING', false, false, 'The order exists; collecting the held amount.'),
  ('CONFIRMED', true, false, 'Booked and paid.'),
  ('VOIDING', false, false, 'No order; releasing the held amount.'),
  ('FAILED', true, false, 'Ended without an order and without a charge.'),
  ('ORDER_UNKNOWN', false, false,
    'An order may exist: frozen until the truth is found.'),
  ('QUOTING_ORDER', false, false,
    'The order cannot be paid; asking what cancelling it returns.'),
  ('CANCELLING_ORDER', false, false, 'Cancelling an order that cannot be paid.'),
  ('QUOTING_BOOKING', false, false, 'Asking what cancelling the booking returns.'),
  ('CANCELLING_BOOKING', false, false, 'Cancelling the booking at the airline.'),
  ('REFUNDING', false, false, 'Returning the money.'),
  ('CANCELLED', true, false, 'The order was cancelled; what was due is returned.'),
  ('NEEDS_REVIEW', false, true, 'A person has to decide.')
on conflict (state) do update
set
  is_final = excluded.is_final,
  is_parked = excluded.is_parked,
  meaning = excluded.meaning
where s is distinct from excluded;

-- The way back without a payment ends at once (saga/advance_attempt.sql). A payment
-- that is there before its step was left by a history that a failover has lost.
delete from engine.saga_transitions;
insert into engine.saga_transitions (state, verdict, next_state, next_operation)
values
  ('REPRICING', 'OK', 'CREATING_PAYMENT', 'create_payment'),
  ('REPRICING', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('REPRICING', 'RESEARCH', 'VOIDING', 'cancel_payment'),
  ('REPRICING', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('CREATING_PAYMENT', 'OK', 'AUTHORIZING', 'confirm_payment'),
  ('CREATING_PAYMENT', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('CREATING_PAYMENT', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('AUTHORIZING', 'OK', 'ORDERING', 'create_order'),
  ('AUTHORIZING', 'UNKNOWN', 'AUTHORIZING', 'read_authorization'),
  ('AUTHORIZING', 'REDO', 'AUTHORIZING', 'confirm_payment'),
  ('AUTHORIZING', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('AUTHORIZING', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('AUTHORIZING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('AUTHORIZING', 'HOLDER', 'AWAITING_HOLDER', 'read_holder'),
  ('AWAITING_HOLDER', 'OK', 'ORDERING', 'create_order'),
  ('AWAITING_HOLDER', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('AWAITING_HOLDER', 'STOP', 'VOIDING', 'cancel_payment'),
  ('AWAITING_HOLDER', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('AWAITING_HOLDER', 'REVIEW', 'NEEDS_REVIEW', null),
  ('ORDERING', 'OK', 'CAPTURING', 'capture_payment'),
  ('ORDERING', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'RESEARCH', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'STOP', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'EXHAUSTED', 'VOIDING', 'cancel_payment'),
  ('ORDERING', 'UNKNOWN', 'ORDER_UNKNOWN', 'find_order'),
  ('ORDERING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('ORDER_UNKNOWN', 'OK', 'CAPTURING', 'capture_payment'),
  ('ORDER_UNKNOWN', 'FAIL', 'VOIDING', 'cancel_payment'),
  ('ORDER_UNKNOWN', 'RESEARCH', 'VOIDING', 'cancel_payment'),
  ('ORDER_UNKNOWN', 'REVIEW', 'NEEDS_REVIEW', null),
  ('ORDER_UNKNOWN', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('CAPTURING', 'OK', 'CONFIRMED', null),
  ('CAPTURING', 'UNKNOWN', 'CAPTURING', 'read_capture'),
  ('CAPTURING', 'REDO', 'CAPTURING', 'capture_payment'),
  ('CAPTURING', 'FAIL', 'QUOTING_ORDER', 'quote_cancellation'),
  ('CAPTURING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('CAPTURING', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('VOIDING', 'OK', 'FAILED', null),
  ('VOIDING', 'UNKNOWN', 'VOIDING', 'read_void'),
  ('VOIDING', 'REDO', 'VOIDING', 'cancel_payment'),
  ('VOIDING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('VOIDING', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('QUOTING_ORDER', 'OK', 'CANCELLING_ORDER', 'confirm_cancellation'),
  ('QUOTING_ORDER', 'UNKNOWN', 'CANCELLING_ORDER', 'read_cancellation'),
  ('QUOTING_ORDER', 'FAIL', 'NEEDS_REVIEW', null),
  ('QUOTING_ORDER', 'REVIEW', 'NEEDS_REVIEW', null),
  ('QUOTING_ORDER', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('CANCELLING_ORDER', 'OK', 'VOIDING', 'cancel_payment'),
  ('CANCELLING_ORDER', 'UNKNOWN', 'CANCELLING_ORDER', 'read_cancellation'),
  ('CANCELLING_ORDER', 'REDO', 'QUOTING_ORDER', 'quote_cancellation'),
  ('CANCELLING_ORDER', 'REVIEW', 'NEEDS_REVIEW', null),
  ('CANCELLING_ORDER', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('QUOTING_BOOKING', 'OK', 'CANCELLING_BOOKING', 'confirm_cancellation'),
  ('QUOTING_BOOKING', 'UNKNOWN', 'CANCELLING_BOOKING', 'read_cancellation'),
  ('QUOTING_BOOKING', 'FAIL', 'CONFIRMED', null),
  ('QUOTING_BOOKING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('QUOTING_BOOKING', 'EXHAUSTED', 'CONFIRMED', null),
  ('CANCELLING_BOOKING', 'OK', 'REFUNDING', 'find_refunds'),
  ('CANCELLING_BOOKING', 'UNKNOWN', 'CANCELLING_BOOKING', 'read_cancellation'),
  ('CANCELLING_BOOKING', 'REDO', 'QUOTING_BOOKING', 'quote_cancellation'),
  ('CANCELLING_BOOKING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('CANCELLING_BOOKING', 'EXHAUSTED', 'NEEDS_REVIEW', null),
  ('REFUNDING', 'OK', 'CANCELLED', null),
  ('REFUNDING', 'UNKNOWN', 'REFUNDING', 'find_refunds'),
  ('REFUNDING', 'REDO', 'REFUNDING', 'create_refund'),
  ('REFUNDING', 'REVIEW', 'NEEDS_REVIEW', null),
  ('REFUNDING', 'EXHAUSTED', 'NEEDS_REVIEW', null),

  -- What people order. RESUME is looked up by the state the review began in.
  ('CONFIRMED', 'CANCEL', 'QUOTING_BOOKING', 'quote_cancellation'),
  ('CONFIRMED', 'FREEZE', 'NEEDS_REVIEW', null),
  ('CONFIRMED', 'RESUME', 'CONFIRMED', null),
  ('FAILED', 'REOPEN', 'NEEDS_REVIEW', null),
  ('CANCELLED', 'REFUND', 'REFUNDING', 'find_refunds'),
  ('CONFIRMED', 'REFUND', 'REFUNDING', 'find_refunds'),
  ('NEEDS_REVIEW', 'ADOPT', 'ORDER_UNKNOWN', 'find_order'),
  ('NEEDS_REVIEW', 'VOID', 'VOIDING', 'cancel_payment'),
  ('NEEDS_REVIEW', 'RELEASE', 'VOIDING', 'cancel_payment'),
  ('NEEDS_REVIEW', 'CANCEL', 'QUOTING_ORDER', 'quote_cancellation'),
  ('NEEDS_REVIEW', 'REFUND', 'REFUNDING', 'find_refunds'),
  ('ORDER_UNKNOWN', 'ADOPT', 'ORDER_UNKNOWN', 'find_order'),
  ('AUTHORIZING', 'RESUME', 'AUTHORIZING', 'read_authorization'),
  ('AWAITING_HOLDER', 'RESUME', 'AWAITING_HOLDER', 'read_holder'),
  ('ORDERING', 'RESUME', 'ORDER_UNKNOWN', 'find_order'),
  ('ORDER_UNKNOWN', 'RESUME', 'ORDER_UNKNOWN', 'find_order'),
  ('CAPTURING', 'RESUME', 'CAPTURING', 'read_capture'),
  ('VOIDING', 'RESUME', 'VOIDING', 'read_void'),
  ('QUOTING_ORDER', 'RESUME', 'QUOTING_ORDER', 'quote_cancellation'),
  ('CANCELLING_ORDER', 'RESUME', 'CANCELLING_ORDER', 'read_cancellation'),
  ('QUOTING_BOOKING', 'RESUME', 'QUOTING_BOOKING', 'quote_cancellation'),
  ('CANCELLING_BOOKING', 'RESUME', 'CANCELLING_BOOKING', 'read_cancellation'),
  ('REFUNDING', 'RESUME', 'REFUNDING', 'find_refunds');
-- A scan found an order, or that money was taken, of an attempt that has not ordered as
-- far as this history goes (review/adopt_found.sql).
insert into engine.saga_transitions (state, verdict, next_state, next_operation)
values
  ('REPRICING', 'FOUND', 'ORDER_UNKNOWN', 'find_order'),
  ('CREATING_PAYMENT', 'FOUND', 'ORDER_UNKNOWN', 'find_order'),
  ('AUTHORIZING', 'FOUND', 'ORDER_UNKNOWN', 'find_order'),
  ('AWAITING_HOLDER', 'FOUND', 'ORDER_UNKNOWN', 'find_order'),
  ('ORDERING', 'FOUND', 'ORDER_UNKNOWN', 'find_order');
-- A call that cannot be handled three times is taken out, and its attempt with it.
insert into engine.saga_transitions (state, verdict, next_state, next_operation)
select
  s.state,
  'FREEZE',
  'NEEDS_REVIEW',
  null
from engine.saga_states as s
where not s.is_final and not s.is_parked;
