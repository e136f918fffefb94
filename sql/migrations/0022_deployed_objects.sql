-- What the last deploy made on tables: policies, triggers, views, grants. A deploy
-- leaves alone what is still so: to make it again takes the table from everybody.
-- depends: 0021_histories_checked

create table engine.deployed_objects (
  object text not null primary key,
  -- Of the statements in the files.
  statement_digest text not null,
  -- Of what the catalog says of it (operations/object_digests.sql); null: not there.
  catalog_digest text,
  deployed_at timestamptz not null default clock_timestamp()
);
alter table engine.deployed_objects enable row level security;
alter table engine.deployed_objects force row level security;
