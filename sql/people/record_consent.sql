-- Records a consent in the transaction that gives it. Definer: only the engine writes
-- consents.
create or replace function engine.record_consent() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.consents (
    user_id, trip_request_id, text_version, max_price, currency, payment_method_id,
    party, given_at, actor
  )
  values (
    new.user_id, new.id, new.consent_text_version, new.max_price, new.currency,
    new.payment_method_id, engine.consent_party(new.user_id, new.id), new.consent_at,
    engine.caller()
  );
  return null;
end;
$$;
comment on function engine.record_consent() is
  'Trigger that keeps what a traveller agreed to: text, limit, currency, card and '
  'party.';

create or replace trigger trip_requests_consented
after insert on public.trip_requests
for each row
when (new.consent_text_version is not null)
execute function engine.record_consent();

create or replace trigger trip_requests_consented_again
after update of consent_text_version on public.trip_requests
for each row
when (new.consent_text_version is not null)
execute function engine.record_consent();
