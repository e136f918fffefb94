-- What opens the doorbell that the server rings, and who set its address.
-- depends: 0028_rows_of_the_saga
alter table engine.endpoint add column secret text;

create table engine.endpoint_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  -- The address; never the secret.
  settings jsonb not null,
  constraint endpoint_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.endpoint_changes enable row level security;
alter table engine.endpoint_changes force row level security;
