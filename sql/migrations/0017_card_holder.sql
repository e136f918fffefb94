-- A bank may want its card's holder to confirm a payment; the attempt waits meanwhile.
-- depends: 0016_watched_trips

-- Small tables of rules, read by nobody for long.
-- squawk-ignore ban-drop-constraint
alter table engine.outcome_rules drop constraint outcome_rules_verdict;
-- squawk-ignore constraint-missing-not-valid
alter table engine.outcome_rules add constraint outcome_rules_verdict check (
  verdict in ('OK', 'RETRY', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'HOLDER')
);
-- squawk-ignore ban-drop-constraint
alter table engine.saga_transitions drop constraint saga_transitions_verdict;
-- squawk-ignore constraint-missing-not-valid
alter table engine.saga_transitions add constraint saga_transitions_verdict check (
  verdict in (
    'OK', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'EXHAUSTED', 'STOP',
    'ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME', 'REOPEN', 'FREEZE',
    'FOUND', 'HOLDER'
  )
);

-- How long a payment waits for its holder at the most, and the application's page where
-- the holder confirms it; {trip} stands for the trip's id. Null: letters have no link.
alter table engine.message_settings
  add column holder_time interval not null default '30 minutes',
  add column confirm_link text;
-- squawk-ignore constraint-missing-not-valid
alter table engine.message_settings add constraint message_settings_holder_time
  check (holder_time between interval '1 minute' and interval '2 hours');
