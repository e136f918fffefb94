-- In front of the tables' own CHECKs, some of which match patterns: a trigger comes
-- before them, and can say what to do. Sizes come first: the rest looks at what is
-- there. Its name sorts before those of the other triggers. A trip's is the first
-- act of trips/check_trip_request.sql. Definer: the functions it calls are not for
-- travellers.
create or replace function engine.check_sizes() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_row jsonb := to_jsonb(new);
  v_written jsonb;
  v_problem record;
begin
  perform engine.require_sizes(tg_table_name, v_row);
  if tg_table_name = 'traveler_profiles' then
    v_written := jsonb_build_object(
      'given_name', engine.plain_name(v_row ->> 'given_name'),
      'family_name', engine.plain_name(v_row ->> 'family_name')
    );
    new := jsonb_populate_record(new, v_written);
    v_row := v_row || v_written;
  end if;
  select p.* into v_problem from engine.field_problem(tg_table_name, v_row) as p;
  if found then
    raise exception using
      errcode = 'SK031',
      message = 'this is not a value of the field',
      detail = jsonb_build_object(
        'field', v_problem.field, 'value', left(v_row ->> v_problem.field, 40)
      ),
      column = v_problem.field,
      hint = v_problem.hint;
  end if;
  return new;
end;
$$;
comment on function engine.check_sizes() is
  'Refuses a row with a column that holds more than it may, or not what it should; '
  'writes names as a ticket does.';

create or replace trigger traveler_profiles_check_sizes
before insert or update on public.traveler_profiles
for each row execute function engine.check_sizes();

create or replace trigger payment_methods_check_sizes
before insert or update on public.payment_methods
for each row execute function engine.check_sizes();

create or replace trigger spending_limits_check_sizes
before insert or update on public.spending_limits
for each row execute function engine.check_sizes();
