-- depends: 0036_spent_days

-- Whether a trip is searched when it is stated or changed, or with the next tick only.
alter table engine.search_settings
add column search_at_once boolean not null default true;
