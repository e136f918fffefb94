-- What was counted, for `/metrics`: exact, and older than any process.
-- depends: 0025_traces_indexed

-- One row for each thing that happened, written by the transaction in which it did and
-- gone with it when that rolls back. A shared row would make bookings wait for each
-- other.
create table engine.counter_parts (
  id bigint generated always as identity primary key,
  counter text not null,
  labels jsonb not null,
  value numeric not null,
  constraint counter_parts_value check (value >= 0)
);
alter table engine.counter_parts enable row level security;
alter table engine.counter_parts force row level security;

-- The parts, added up every minute. Labels are of closed sets: the table does not grow.
create table engine.counters (
  counter text not null,
  labels jsonb not null,
  value numeric not null,
  primary key (counter, labels),
  constraint counters_value check (value >= 0)
);
alter table engine.counters enable row level security;
alter table engine.counters force row level security;
