-- Apart from the one before: to look through the rows locks nobody out.
-- depends: 0020_histories

alter table engine.history validate constraint history_noticed;
alter table engine.money_settings
  validate constraint money_settings_in_flight_margin;
alter table engine.saga_transitions validate constraint saga_transitions_verdict;
alter table engine.review_cases validate constraint review_cases_kind;
