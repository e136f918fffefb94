-- A statement that names a version is an act of its own, though it names the one that
-- was agreed to before: how a changed trip is agreed to again. After the check of the
-- trip, by the trigger's name. Definer: the texts are not for travellers.
create or replace function engine.date_consent() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if new.consent_text_version is not null then
    perform engine.check_consent_text(new.consent_text_version);
    new.consent_at := clock_timestamp();
  end if;
  return new;
end;
$$;
comment on function engine.date_consent() is
  'Refuses consent to a text that is not published, and dates the rest.';

create or replace trigger trip_requests_consent
before insert or update of consent_text_version on public.trip_requests
for each row execute function engine.date_consent();
