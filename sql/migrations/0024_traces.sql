-- One id for everything that a search of a trip leads to, and what happened inside the
-- server under it, for a sidecar to export. Rows of before have none.
-- depends: 0023_failed_bookings

-- 128 bits, as W3C's trace context has them.
alter table engine.provider_calls
  add column trace_id uuid,
  add column trace_sampled boolean;
alter table public.booking_attempts
  add column trace_id uuid,
  add column trace_sampled boolean;

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
