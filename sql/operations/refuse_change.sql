-- History is added to, never rewritten, not even by the owner.
create or replace function engine.refuse_change() returns trigger
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'SK302',
    message = 'the audit is append-only',
    detail = jsonb_build_object('table', tg_table_name, 'operation', tg_op),
    hint = 'Add a new event that corrects the old one.';
end;
$$;
comment on function engine.refuse_change() is
  'Trigger that refuses any change of an append-only table.';

create or replace trigger booking_events_append_only
before update or delete or truncate on engine.booking_events
for each statement execute function engine.refuse_change();

create or replace trigger kill_switch_changes_append_only
before update or delete or truncate on engine.kill_switch_changes
for each statement execute function engine.refuse_change();

create or replace trigger airport_overrides_append_only
before update or delete or truncate on engine.airport_overrides
for each statement execute function engine.refuse_change();
