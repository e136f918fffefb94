-- What happened inside the server under one trace, for a sidecar to export, and what
-- was counted, for `/metrics`.
-- depends: 0011_operations

create type engine.trace_context as (
  trace_id uuid,
  is_sampled boolean,
  -- The span under which the next ones hang.
  span_id bigint
);
comment on type engine.trace_context is
  'Which trace something belongs to, and under which of its spans.';

create table engine.trace_settings (
  only_row boolean not null default true primary key,
  -- The share of traces whose spans are written down while somebody exports them.
  ratio numeric not null default 0.1,
  -- When a sidecar last asked for spans.
  exporter_seen_at timestamptz,
  constraint trace_settings_only_row check (only_row),
  constraint trace_settings_ratio check (ratio >= 0 and ratio <= 1)
);
-- Before row level security: there is no policy yet.
insert into engine.trace_settings (only_row) values (true);
alter table engine.trace_settings enable row level security;
alter table engine.trace_settings force row level security;

create table engine.trace_settings_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  settings jsonb not null,
  constraint trace_settings_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.trace_settings_changes enable row level security;
alter table engine.trace_settings_changes force row level security;

create table engine.spans (
  id bigint generated always as identity primary key,
  trace_id uuid not null,
  span_id bigint not null,
  parent_id bigint,
  name text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  -- Ids and codes only.
  attributes jsonb not null default '{}',
  constraint spans_name check (
    name in (
      'tick', 'request', 'call', 'settle', 'ingest', 'decide', 'rank', 'begin', 'step',
      'stop', 'command', 'callback'
    )
  )
);
-- It holds a few seconds of what a crash may forget: no write-ahead log.
alter table engine.spans set unlogged;
alter table engine.spans enable row level security;
alter table engine.spans force row level security;

-- What was counted, exact and older than any process: one row for each thing that
-- happened, written by the transaction in which it did and gone with it when that rolls
-- back. A shared row would make bookings wait for each other.
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
