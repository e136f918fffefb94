-- This trigger comes before the tables' own CHECKs, some of which match patterns, and
-- its error can say what to do. Sizes come first, because all other checks look at the
-- content: the trigger's name sorts before those of the others. For a trip,
-- trips/check_trip_request.sql does the same as its first act. Definer: the functions
-- that this trigger calls are not for travellers.
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
      message = case
        when coalesce(v_row ->> v_problem.field, '') = ''
          then 'this field needs a value'
        else 'this is not a value of the field'
      end,
      detail = jsonb_build_object(
        'field', v_problem.field, 'value', left(v_row ->> v_problem.field, 40)
      ),
      column = v_problem.field,
      hint = v_problem.hint;
  end if;
  -- Of anybody else, row level security refuses it, and nothing is told.
  if tg_op = 'INSERT' and engine.may_act_for((v_row ->> 'user_id')::uuid) then
    perform engine.require_user((v_row ->> 'user_id')::uuid);
  end if;
  return new;
end;
$$;
comment on function engine.check_sizes() is
  'Trigger that refuses a row with a column that is too large or has the wrong form, '
  'and writes names as a ticket does.';

create or replace trigger traveler_profiles_check_sizes
before insert or update on public.traveler_profiles
for each row execute function engine.check_sizes();

create or replace trigger notification_preferences_check_sizes
before insert or update on public.notification_preferences
for each row execute function engine.check_sizes();

create or replace trigger payment_methods_check_sizes
before insert or update on public.payment_methods
for each row execute function engine.check_sizes();

create or replace trigger spending_limits_check_sizes
before insert or update on public.spending_limits
for each row execute function engine.check_sizes();
