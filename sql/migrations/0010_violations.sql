-- A broken promise is a case of its own, so that a person can be done with one that is
-- a fact of the past.
-- depends: 0009_spending_limits

-- Replaced at once by a wider one.
-- squawk-ignore ban-drop-constraint
alter table engine.review_cases drop constraint review_cases_kind;
alter table engine.review_cases add constraint review_cases_kind check (
  kind in (
    'ATTEMPT', 'ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'PAYMENT_CONTRADICTION',
    'ORDER_CONTRADICTION', 'DISPUTE', 'FRAUD_WARNING', 'AIRLINE_CHANGE',
    'AIRLINE_CANCELLATION', 'REFUND_FAILED', 'AUTHORIZATION_LAPSING', 'POISON',
    'INVARIANT'
  )
) not valid;
