-- A part of flight_offers for each of the next three days, asked for every minute, so
-- that a day of trouble does no harm. Never for today: who stores an offer while its
-- day is attached would be told that it does not belong where it was going. To attach
-- one, the part for days that have none must be empty of it and to itself for a moment;
-- where that cannot be, it is tried a minute later, and where offers of the day are
-- there already, they stay there. The string that is executed has a day in its name and
-- nothing else of anybody's.
create or replace function engine.add_offer_days(p_now timestamptz) returns integer
  language plpgsql volatile
  set lock_timeout = '100ms'
as $$
declare
  v_today date := (p_now at time zone 'UTC')::date;
  v_day date;
  v_name text;
  v_added integer := 0;
begin
  for v_ahead in 1..3 loop
    v_day := v_today + v_ahead;
    v_name := 'flight_offers_' || to_char(v_day::timestamp, 'YYYYMMDD');
    continue when to_regclass('public.' || v_name) is not null
      or exists (select from public.flight_offers_other as o where o.day = v_day);
    begin
      execute format(
        'create table public.%1$I (like public.flight_offers including all);'
        ' alter table public.%1$I owner to skylatch_owner;'
        ' alter table public.%1$I enable row level security;'
        ' alter table public.%1$I force row level security;'
        ' alter table public.flight_offers attach partition public.%1$I'
        ' for values in (%2$L)',
        v_name, v_day
      );
      v_added := v_added + 1;
    exception
    -- Or another session makes it in this moment.
    when lock_not_available or check_violation or duplicate_table or unique_violation
    then
      raise warning 'no room for the offers of % yet: %', v_day, sqlerrm;
    end;
  end loop;
  return v_added;
end;
$$;
comment on function engine.add_offer_days(timestamptz) is
  'Makes the parts that hold the offers of the next three days; returns how many were '
  'missing.';
