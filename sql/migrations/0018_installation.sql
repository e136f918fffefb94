-- Which of several installations on one provider account this one is, and when each
-- booking is read again.
-- depends: 0017_doors
-- A default that is the same for every row is no rewrite of the table.
-- squawk-ignore-file adding-field-with-default

-- The name by which this installation knows its own among what its provider accounts
-- hold. Made once, with the tables: a restore and a failover keep it, a deploy never
-- touches it.
create table engine.installation (
  only_row boolean not null primary key default true,
  id uuid not null default gen_random_uuid(),
  -- Attempts that began before this were made without it.
  made_at timestamptz not null default now(),
  constraint installation_only_row check (only_row)
);
-- Before the policies, of which there are none yet.
insert into engine.installation (only_row) values (true);
alter table engine.installation enable row level security;
alter table engine.installation force row level security;

-- When a copy became an installation of its own; append-only.
create table engine.installation_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  set_by text not null,
  reason text not null,
  former_id uuid,
  new_id uuid not null,
  constraint installation_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.installation_changes enable row level security;
alter table engine.installation_changes force row level security;

-- When the airline is next asked what it has done to a booking; null once no flight of
-- it lies ahead. Bookings that are here already are due at once, and so many a minute
-- are read; a new one was just made and can wait an hour.
alter table public.flight_bookings add column next_look_at timestamptz default now();
alter table public.flight_bookings
  alter column next_look_at set default now() + interval '1 hour';
-- For review/look_at_bookings.sql: the confirmed bookings that are due, the longest
-- first.
-- squawk-ignore require-concurrent-index-creation
create index flight_bookings_next_look_at_idx
  on public.flight_bookings (next_look_at) where status = 'CONFIRMED';
