-- A limit keeps the time of its last change, because an attempt that began before the
-- change may be above the limit.
create or replace function engine.note_changed_limit() returns trigger
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end;
$$;
comment on function engine.note_changed_limit() is
  'Trigger that records when a spending limit was changed.';

create or replace trigger spending_limits_changed
before insert or update on public.spending_limits
for each row execute function engine.note_changed_limit();
