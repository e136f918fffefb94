-- Apart from the one before: to look through the rows locks nobody out.
-- depends: 0010_violations

alter table engine.review_cases validate constraint review_cases_kind;
