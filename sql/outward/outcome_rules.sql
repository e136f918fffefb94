-- What an answer means. The most exact row wins: a named code before '*', a full status
-- before its class before '*'. Every operation has a ('*', '*') row; for an order it is
-- UNKNOWN, because only a documented "nothing was created" may release a trip.
-- Codes in the first person (price_above_cap, amount_mismatch, ...) are our own checks
-- of a successful answer, made by engine.outcome_code.
delete from engine.outcome_rules;
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  -- Search: no money in sight, so try again, and try later.
  ('search', '*', '*', 'RETRY', null, null, false, null),
  ('search', '2xx', 'ok', 'OK', null, null, false, null),
  ('search', '4xx', '*', 'FAIL', 'PENDING', '1 hour', false,
    'The airline search was refused.'),
  ('search', '429', '*', 'RETRY', null, null, false, null),
  ('search', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our search account was refused; we are looking into it.'),
  ('search', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our search account was refused; we are looking into it.'),

  -- Live re-price.
  ('get_offer', '*', '*', 'RETRY', null, null, false, null),
  ('get_offer', '200', 'ok', 'OK', null, null, false, null),
  ('get_offer', '200', 'price_above_cap', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare rose above your limit before it could be booked.'),
  ('get_offer', '200', 'not_chargeable', 'RESEARCH', 'PENDING', '0', false,
    'The new fare cannot be charged exactly.'),
  ('get_offer', '200', 'currency_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline now sells this fare in another currency.'),
  ('get_offer', '200', 'expires_too_soon', 'RESEARCH', 'PENDING', '0', false,
    'The offer was about to expire.'),
  ('get_offer', '200', 'other_passengers', 'RESEARCH', 'PENDING', '0', false,
    'The airline''s answer was about other passengers.'),
  ('get_offer', '4xx', '*', 'RESEARCH', 'PENDING', '0', false,
    'The offer is no longer available.'),
  ('get_offer', '429', '*', 'RETRY', null, null, false, null),
  ('get_offer', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('get_offer', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),

  -- Payment, unconfirmed: holds no money, and its key makes a repeat harmless.
  ('create_payment', '*', '*', 'RETRY', null, null, false, null),
  ('create_payment', '200', 'requires_confirmation', 'OK', null, null, false, null),
  ('create_payment', '4xx', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card could not be used. Please add another one.'),
  ('create_payment', '400', 'amount_too_small', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare is too small to be charged to a card.'),
  ('create_payment', '400', 'amount_too_large', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare is too large an amount to be charged to a card.'),
  -- The same key, another fare: it was made in a history that a failover has lost.
  ('create_payment', '400', 'idempotency_error', 'FAIL', 'PENDING', '10 minutes', false,
    'The payment had been prepared for another fare.'),
  ('create_payment', 'none', 'key_expired', 'FAIL', 'PENDING', '10 minutes', false,
    'The payment could not be prepared in time.'),
  ('create_payment', '409', '*', 'RETRY', null, null, false, null),
  ('create_payment', '429', '*', 'RETRY', null, null, false, null),
  ('create_payment', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment account was refused; we are looking into it.'),
  ('create_payment', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment account was refused; we are looking into it.'),

  -- Authorization: whatever is not plain is settled by reading the intent.
  ('confirm_payment', '*', '*', 'UNKNOWN', null, null, false, null),
  ('confirm_payment', '200', 'requires_capture', 'OK', null, null, false, null),
  ('confirm_payment', '200', 'requires_action', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your bank wants you to confirm card payments in person.'),
  ('confirm_payment', '402', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card was declined. Please add another one.'),
  ('confirm_payment', '402', 'insufficient_funds', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Your card has insufficient funds.'),
  ('confirm_payment', '402', 'expired_card', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card has expired.'),
  ('confirm_payment', '402', 'authentication_required', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Your bank wants you to confirm card payments in person.'),
  ('confirm_payment', '400', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card could not be used. Please add another one.'),
  ('confirm_payment', '400', 'payment_intent_unexpected_state', 'UNKNOWN', null, null,
    false, null),
  ('confirm_payment', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('confirm_payment', '409', '*', 'RETRY', null, null, false, null),
  ('confirm_payment', '429', '*', 'RETRY', null, null, false, null),
  ('read_authorization', '*', '*', 'RETRY', null, null, false, null),
  ('read_authorization', '200', 'requires_capture', 'OK', null, null, false, null),
  ('read_authorization', '200', 'requires_confirmation', 'REDO', null, null, false,
    null),
  ('read_authorization', '200', 'requires_payment_method', 'FAIL', 'ACTION_REQUIRED',
    null, false, 'Your card was declined. Please add another one.'),
  ('read_authorization', '200', 'requires_action', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Your bank wants you to confirm card payments in person.'),
  ('read_authorization', '200', 'canceled', 'FAIL', 'PENDING', '10 minutes', false,
    'The card authorization lapsed.'),
  ('read_authorization', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),

  -- The order: exactly one is ever sent. Only these answers say "nothing was created".
  ('create_order', '*', '*', 'UNKNOWN', null, null, false, null),
  ('create_order', '201', 'ok', 'OK', null, null, false, null),
  ('create_order', '201', 'amount_mismatch', 'REVIEW', null, null, false, null),
  ('create_order', '201', 'wrong_offer', 'REVIEW', null, null, false, null),
  ('create_order', '201', 'other_journey', 'REVIEW', null, null, false, null),
  ('create_order', '201', 'other_party', 'REVIEW', null, null, false, null),
  ('create_order', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('create_order', '429', 'rate_limit_exceeded', 'RETRY', null, null, false, null),
  ('create_order', '422', 'offer_no_longer_available', 'RESEARCH', 'PENDING', '0',
    false, 'The offer is no longer available.'),
  ('create_order', '422', 'offer_expired', 'RESEARCH', 'PENDING', '0', false,
    'The offer expired before it could be booked.'),
  ('create_order', '422', 'schedule_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline changed the schedule of this offer.'),
  ('create_order', '422', 'price_changed', 'RESEARCH', 'PENDING', '0', false,
    'The airline changed the price while booking.'),
  ('create_order', '422', 'payment_amount_does_not_match_order_amount', 'RESEARCH',
    'PENDING', '0', false, 'The airline changed the price while booking.'),
  ('create_order', '422', 'payment_currency_does_not_match_order_currency', 'RESEARCH',
    'PENDING', '0', false, 'The airline changed the currency while booking.'),
  ('create_order', '422', 'insufficient_balance', 'FAIL', 'PENDING', '1 hour', true,
    'Our account with the airline seller ran dry; we are looking into it.'),
  ('create_order', '422', 'payment_declined', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment to the airline was declined; we are looking into it.'),
  ('create_order', '422', 'invalid_passenger_name', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a passenger name. Please correct it.'),
  ('create_order', '422', 'invalid_passenger_title', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a passenger title. Please correct it.'),
  ('create_order', '422', 'invalid_phone_number', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused a phone number. Please correct it.'),
  ('create_order', '422', 'invalid_email_address', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused an e-mail address. Please correct it.'),
  ('create_order', '422', 'duplicate_passenger_name', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Two passengers have the same name. Please correct one.'),
  ('create_order', '422', 'duplicate_passenger_names', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Two passengers have the same name. Please correct one.'),
  ('create_order', '422', 'order_passengers_incompatible_with_offer', 'FAIL',
    'ACTION_REQUIRED', null, false, 'The passengers do not fit the searched ages.'),
  ('create_order', '422', 'validation_required', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline needs more passenger data.'),
  ('create_order', '422', 'validation_format', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_length', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_inclusion', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline refused passenger data. Please correct it.'),
  ('create_order', '422', 'validation_type', 'FAIL', 'ACTION_REQUIRED', null, false,
    'The airline refused passenger data. Please correct it.'),
  ('create_order', '502', 'order_not_created', 'RESEARCH', 'PENDING', '0', false,
    'The airline could not make the booking.'),
  ('create_order', '401', 'access_token_not_found', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'expired_access_token', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'missing_authorization_header', 'FAIL', 'PENDING', '1 hour',
    true, 'Our booking account was refused; we are looking into it.'),
  ('create_order', '401', 'invalid_authorization_header', 'FAIL', 'PENDING', '1 hour',
    true, 'Our booking account was refused; we are looking into it.'),
  ('create_order', '403', 'insufficient_permissions', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),
  ('create_order', '403', 'unavailable_feature', 'FAIL', 'PENDING', '1 hour', true,
    'Our booking account was refused; we are looking into it.'),

  -- The order that may exist. One that is ours and whole is adopted; only the
  -- provider's own word that it was not created, or that it is cancelled, lets go of
  -- it. An empty list proves nothing: look again until the waits are over.
  ('find_order', '*', '*', 'RETRY', null, null, false, null),
  ('find_order', '200', 'ok', 'OK', null, null, false, null),
  ('find_order', '200', 'none', 'RETRY', null, null, false, null),
  ('find_order', '200', 'unfinished', 'RETRY', null, null, false, null),
  ('find_order', '200', 'creation_failed', 'RESEARCH', 'PENDING', '0', false,
    'The airline could not make the booking.'),
  ('find_order', '200', 'cancelled', 'FAIL', 'PENDING', '10 minutes', false,
    'The airline cancelled the order before it was paid.'),
  ('find_order', '200', 'several', 'REVIEW', null, null, false, null),
  ('find_order', '200', 'wrong_offer', 'REVIEW', null, null, false, null),
  ('find_order', '200', 'other_journey', 'REVIEW', null, null, false, null),
  ('find_order', '200', 'other_party', 'REVIEW', null, null, false, null),
  ('find_order', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),

  -- Cancelling an order: a quote is harmless, only the newest one can be confirmed, and
  -- confirming twice says so. What it returns must be what was asked for.
  ('quote_cancellation', '*', '*', 'RETRY', null, null, false, null),
  ('quote_cancellation', '201', 'ok', 'OK', null, null, false, null),
  ('quote_cancellation', '200', 'ok', 'OK', null, null, false, null),
  ('quote_cancellation', '2xx', 'refund_too_low', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Cancelling would return less than was asked for.'),
  ('quote_cancellation', '2xx', 'refund_elsewhere', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'The airline would not return the money to us.'),
  ('quote_cancellation', '422', 'order_not_cancellable', 'FAIL', 'ACTION_REQUIRED',
    null, false, 'The airline does not let this order be cancelled.'),
  ('quote_cancellation', '422', 'already_cancelled', 'UNKNOWN', null, null, false,
    null),
  ('confirm_cancellation', '*', '*', 'UNKNOWN', null, null, false, null),
  ('confirm_cancellation', '200', 'ok', 'OK', null, null, false, null),
  ('confirm_cancellation', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('confirm_cancellation', '429', '*', 'RETRY', null, null, false, null),
  ('read_cancellation', '*', '*', 'RETRY', null, null, false, null),
  ('read_cancellation', '200', 'ok', 'OK', null, null, false, null),
  ('read_cancellation', '200', 'not_cancelled', 'REDO', null, null, false, null),
  ('read_cancellation', '200', 'refund_unknown', 'REVIEW', null, null, false, null),

  -- Capture: an order exists, so nothing here releases the trip. A hold that is gone
  -- for good is FAIL: the order is undone while that returns everything.
  ('capture_payment', '*', '*', 'UNKNOWN', null, null, false, null),
  ('capture_payment', '200', 'succeeded', 'OK', null, null, false, null),
  ('capture_payment', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),
  ('capture_payment', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('capture_payment', '409', '*', 'RETRY', null, null, false, null),
  ('capture_payment', '429', '*', 'RETRY', null, null, false, null),
  ('capture_payment', '400', 'charge_expired_for_capture', 'FAIL', 'PENDING',
    '10 minutes', false,
    'The card authorization lapsed before the airline had answered.'),
  ('capture_payment', '400', 'capture_charge_authorization_expired', 'FAIL', 'PENDING',
    '10 minutes', false,
    'The card authorization lapsed before the airline had answered.'),
  ('capture_payment', '402', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your bank refused to pay what it had authorized.'),
  ('read_capture', '*', '*', 'RETRY', null, null, false, null),
  ('read_capture', '200', 'succeeded', 'OK', null, null, false, null),
  ('read_capture', '200', 'requires_capture', 'REDO', null, null, false, null),
  ('read_capture', '200', 'canceled', 'FAIL', 'PENDING', '10 minutes', false,
    'The card authorization lapsed before the airline had answered.'),
  ('read_capture', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),

  -- Void: repeat until the provider says the hold is gone.
  ('cancel_payment', '*', '*', 'UNKNOWN', null, null, false, null),
  ('cancel_payment', '200', 'canceled', 'OK', null, null, false, null),
  ('cancel_payment', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('cancel_payment', '409', '*', 'RETRY', null, null, false, null),
  ('cancel_payment', '429', '*', 'RETRY', null, null, false, null),
  ('read_void', '*', '*', 'RETRY', null, null, false, null),
  ('read_void', '200', 'canceled', 'OK', null, null, false, null),
  ('read_void', '200', 'requires_payment_method', 'REDO', null, null, false, null),
  ('read_void', '200', 'requires_confirmation', 'REDO', null, null, false, null),
  ('read_void', '200', 'requires_action', 'REDO', null, null, false, null),
  ('read_void', '200', 'requires_capture', 'REDO', null, null, false, null),
  ('read_void', '200', 'succeeded', 'REVIEW', null, null, false, null),

  -- Refund: found before it is asked for, each time, and followed to its end.
  ('find_refunds', '*', '*', 'RETRY', null, null, false, null),
  ('find_refunds', '200', 'nothing_due', 'OK', null, null, false, null),
  ('find_refunds', '200', 'succeeded', 'OK', null, null, false, null),
  ('find_refunds', '200', 'none', 'REDO', null, null, false, null),
  ('find_refunds', '200', 'pending', 'RETRY', null, null, false, null),
  ('find_refunds', '200', 'failed', 'REVIEW', null, null, false, null),
  ('find_refunds', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),
  ('create_refund', '*', '*', 'UNKNOWN', null, null, false, null),
  ('create_refund', '200', 'succeeded', 'OK', null, null, false, null),
  ('create_refund', '200', 'failed', 'REVIEW', null, null, false, null),
  ('create_refund', '200', 'amount_mismatch', 'REVIEW', null, null, false, null),
  ('create_refund', 'none', 'not_sent', 'RETRY', null, null, false, null),
  ('create_refund', '400', '*', 'REVIEW', null, null, false, null),
  ('create_refund', '400', 'charge_already_refunded', 'UNKNOWN', null, null, false,
    null),
  ('create_refund', '409', '*', 'RETRY', null, null, false, null),
  ('create_refund', '429', '*', 'RETRY', null, null, false, null),

  -- A list that is too long is asked for in parts: webhooks/sweep_events.sql.
  ('sweep_order_events', 'none', 'too_large', 'FAIL', 'PENDING', null, false,
    'The list is too long.'),
  ('sweep_payment_events', 'none', 'too_large', 'FAIL', 'PENDING', null, false,
    'The list is too long.');

-- A look is repeated while it fails, and then let be: the next one comes.
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
select
  o.operation,
  r.http_status,
  r.error_code,
  r.verdict,
  r.trip_status,
  null,
  false,
  r.reason
from engine.operations as o
cross join (
  values
    ('*', '*', 'RETRY', null, null),
    ('2xx', 'ok', 'OK', null, null),
    ('4xx', '*', 'FAIL', 'PENDING', 'The provider does not know it.'),
    ('429', '*', 'RETRY', null, null)
) as r (http_status, error_code, verdict, trip_status, reason)
where o.observes;

-- An offer that is worse, when it is read live, than the trip allows, in whatever it
-- is: each reason of judge_offer that has no rule of its own above.
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
select
  'get_offer',
  '200',
  r.reason,
  'RESEARCH',
  'PENDING',
  interval '0',
  false,
  format('Read again before paying, the offer was %s.', r.what)
from engine.list_reasons() as r
where not exists (
  select from engine.outcome_rules as o
  where o.operation = 'get_offer' and o.http_status = '200' and o.error_code = r.reason
);
