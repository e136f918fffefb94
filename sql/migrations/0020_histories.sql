-- What a failover or a restore has lost is looked for before anything goes on.
-- depends: 0019_beats
-- Replaced at once by a wider one. A default that is the same for every row is no
-- rewrite of the table.
-- squawk-ignore-file ban-drop-constraint, adding-field-with-default

alter table engine.history
  -- Another history than the confirmed one, and when it was first seen here: a list
  -- that was asked for before that may lack what the former server had under way.
  add column noticed text,
  add column noticed_at timestamptz,
  add constraint history_noticed
    check ((noticed is null) = (noticed_at is null)) not valid;

-- When a list was asked for; scanned_to may lie behind it, where it is read again.
alter table engine.scans add column read_at timestamptz;

-- Whether a call of it waits while this history is not confirmed: what begins
-- something, and what lets go of something that may have gone on in the history that
-- was lost.
alter table engine.operations
  add column awaits_history boolean not null default false;

-- How long after a change of history a provider may still show for the first time what
-- the former server had under way: an order takes up to its client's time limit of 135
-- seconds, and a moment until it is listed.
alter table engine.money_settings
  add column in_flight_margin interval not null default '4 minutes';
alter table engine.money_settings add constraint money_settings_in_flight_margin
  check (in_flight_margin between '200 seconds' and '1 hour') not valid;

-- What a scan found may move an attempt too.
alter table engine.saga_transitions drop constraint saga_transitions_verdict;
alter table engine.saga_transitions add constraint saga_transitions_verdict check (
  verdict in (
    'OK', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'EXHAUSTED', 'STOP',
    'ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME', 'REOPEN', 'FREEZE',
    'FOUND'
  )
) not valid;

alter table engine.review_cases drop constraint review_cases_kind;
alter table engine.review_cases add constraint review_cases_kind check (
  kind in (
    'ATTEMPT', 'ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'PAYMENT_CONTRADICTION',
    'ORDER_CONTRADICTION', 'DISPUTE', 'FRAUD_WARNING', 'AIRLINE_CHANGE',
    'AIRLINE_CANCELLATION', 'REFUND_FAILED', 'AUTHORIZATION_LAPSING', 'POISON',
    'INVARIANT', 'LOST_ATTEMPT', 'DOUBLE_BOOKING'
  )
) not valid;
