-- In front of the tables' own CHECKs, some of which match patterns: a trigger comes
-- before them. Its name sorts before those of the other triggers. A trip's is the first
-- act of trips/check_trip_request.sql. Definer: the functions it calls are not for
-- travellers.
create or replace function engine.check_sizes() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_sizes(tg_table_name, to_jsonb(new));
  return new;
end;
$$;
comment on function engine.check_sizes() is
  'Refuses a row with a column that holds more than it may.';

create or replace trigger traveler_profiles_check_sizes
before insert or update on public.traveler_profiles
for each row execute function engine.check_sizes();

create or replace trigger payment_methods_check_sizes
before insert or update on public.payment_methods
for each row execute function engine.check_sizes();

create or replace trigger spending_limits_check_sizes
before insert or update on public.spending_limits
for each row execute function engine.check_sizes();
