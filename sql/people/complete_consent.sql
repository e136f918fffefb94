-- A trip is stated before its party can be. The first statement that says who flies
-- completes a consent that named nobody yet; a passenger who is added later is not
-- covered by that consent. The trigger runs once per statement. Definer: only the
-- engine writes consents.
create or replace function engine.complete_consent() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.consents (
    user_id, trip_request_id, text_version, max_price, currency, payment_method_id,
    party, given_at, actor
  )
  select
    n.user_id, n.trip_request_id, n.text_version, n.max_price, n.currency,
    n.payment_method_id, engine.consent_party(n.user_id, n.trip_request_id),
    clock_timestamp(), engine.caller()
  from (select distinct c.user_id, c.trip_request_id from changed as c) as t
  cross join lateral (
    select c.* from public.consents as c
    where c.user_id = t.user_id and c.trip_request_id = t.trip_request_id
    order by c.id desc
    limit 1
  ) as n
  where n.party = '{}';
  return null;
end;
$$;
comment on function engine.complete_consent() is
  'Trigger that adds the party to a consent that was given before anybody was named.';

create or replace trigger trip_passengers_consented
after insert on public.trip_passengers
referencing new table as changed
for each statement execute function engine.complete_consent();
