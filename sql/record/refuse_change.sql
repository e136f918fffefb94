-- Rows of a history are added and never rewritten, not even by the owner.
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

create or replace trigger job_changes_append_only
before update or delete or truncate on engine.job_changes
for each statement execute function engine.refuse_change();

create or replace trigger installation_changes_append_only
before update or delete or truncate on engine.installation_changes
for each statement execute function engine.refuse_change();

create or replace trigger kill_switch_changes_append_only
before update or delete or truncate on engine.kill_switch_changes
for each statement execute function engine.refuse_change();

create or replace trigger search_settings_changes_append_only
before update or delete or truncate on engine.search_settings_changes
for each statement execute function engine.refuse_change();

create or replace trigger money_settings_changes_append_only
before update or delete or truncate on engine.money_settings_changes
for each statement execute function engine.refuse_change();

create or replace trigger exchange_rate_changes_append_only
before update or delete or truncate on engine.exchange_rate_changes
for each statement execute function engine.refuse_change();

create or replace trigger spending_ceiling_changes_append_only
before update or delete or truncate on engine.spending_ceiling_changes
for each statement execute function engine.refuse_change();

create or replace trigger consents_append_only
before update or delete or truncate on public.consents
for each statement execute function engine.refuse_change();

-- A consent text may be retired; its words, and who published it, stay.
create or replace trigger consent_texts_append_only
before update of version, body, sha256, published_at, published_by, reason
or delete or truncate on engine.consent_texts
for each statement execute function engine.refuse_change();

create or replace trigger airport_overrides_append_only
before update or delete or truncate on engine.airport_overrides
for each statement execute function engine.refuse_change();

create or replace trigger endpoint_changes_append_only
before update or delete or truncate on engine.endpoint_changes
for each statement execute function engine.refuse_change();

create or replace trigger trace_settings_changes_append_only
before update or delete or truncate on engine.trace_settings_changes
for each statement execute function engine.refuse_change();
