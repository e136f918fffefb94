-- A statement that names a version is a new consent, even to the version that was
-- agreed to before: by such a statement a traveller agrees to a changed trip. The
-- trigger's name makes it run after the checks of the trip. Definer: the table of texts
-- is not for travellers.
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
  'Trigger that refuses consent to a text that is not published, and dates any other '
  'consent.';

create or replace trigger trip_requests_consent
before insert or update of consent_text_version on public.trip_requests
for each row execute function engine.date_consent();
