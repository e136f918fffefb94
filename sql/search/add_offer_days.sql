-- Makes a part of flight_offers for each of the next three days. Recovery calls this
-- every minute, so that a failure on one day does no harm.
-- No part is made for today: a session that stores an offer at the moment at which its
-- day is attached would get an error. To attach a part, flight_offers_other must hold
-- no offer of that day and must be locked for a moment. If the lock is not to be had,
-- the next minute tries again. If offers of that day are in flight_offers_other
-- already, they stay there.
-- The string that is executed contains a day in its name and no text from anybody.
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
  'Makes the missing parts of flight_offers for the next three days; returns how many '
  'it made.';
