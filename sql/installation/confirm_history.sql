create or replace function engine.confirm_history(p_now timestamptz) returns void
  language sql volatile
begin atomic
  insert into engine.history as h (
    system_identifier, timeline, database_oid, confirmed_at
  )
  select
    split_part(p.history, ' ', 1)::bigint,
    split_part(p.history, ' ', 2),
    split_part(p.history, ' ', 3)::oid,
    p_now
  from engine.present_history() as p (history)
  on conflict (only_row) do update
  set
    system_identifier = excluded.system_identifier,
    timeline = excluded.timeline,
    database_oid = excluded.database_oid,
    confirmed_at = excluded.confirmed_at,
    noticed = null,
    noticed_at = null;
end;
comment on function engine.confirm_history(timestamptz) is
  'Records that the present history was compared with both providers.';

-- A new installation has nothing to compare.
do $$
begin
  if not exists (select from engine.history)
    and not exists (select from public.booking_attempts)
  then
    perform engine.confirm_history(clock_timestamp());
  end if;
end $$;
