-- What is wrong with the flags' source, which flags are asked, and a table to write to.
-- depends: 0026_metrics

-- Set by the mirror while it cannot read its source; the heartbeat stands still then.
alter table engine.flag_sync
  add column source_failed_at timestamptz,
  add column source_problem text
  constraint flag_sync_source_problem
  check (
    (source_failed_at is null) = (source_problem is null)
    and octet_length(source_problem) <= 800
  );

-- Every flag that is asked: who decides about it, and until when it may be asked.
create table engine.flag_register (
  flag text not null primary key,
  owner text not null,
  purpose text not null,
  -- The value that lets bookings begin; null where the flag does not decide that.
  allows jsonb,
  created_on date not null,
  expires_on date not null,
  constraint flag_register_expires_on check (expires_on > created_on)
);
alter table engine.flag_register enable row level security;
alter table engine.flag_register force row level security;

-- A row as large as a page, written and removed to learn whether there is room.
create table engine.write_probe (
  at timestamptz not null primary key,
  filler text not null
);
alter table engine.write_probe alter column filler set storage plain;
alter table engine.write_probe enable row level security;
alter table engine.write_probe force row level security;
