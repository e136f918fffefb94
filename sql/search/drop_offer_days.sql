-- Drops the offers of a day together with the day's part of the table. Offers that an
-- attempt chose have moved to flight_offers_kept, and nothing points at the others. The
-- drop needs the whole table for a moment. Other sessions wait for it no longer than a
-- tenth of a second; if that is not enough, the next minute tries again. The caller
-- commits soon. The string that is executed names parts of the table, from the catalog.
create or replace function engine.drop_offer_days(p_now timestamptz) returns boolean
  language plpgsql volatile
  set lock_timeout = '100ms'
as $$
declare
  v_before text := 'flight_offers_' || to_char(
    (p_now at time zone 'UTC') - (
      select s.keep_offers_for from engine.search_settings as s
    ),
    'YYYYMMDD'
  );
  v_old regclass;
begin
  for v_old in
    select c.oid::regclass
    from pg_inherits as i
    inner join pg_class as c on i.inhrelid = c.oid
    where i.inhparent = 'public.flight_offers'::regclass
      and c.relname ~ '^flight_offers_[0-9]{8}$'
      and c.relname collate "C" < v_before
    order by c.relname
  loop
    execute format('drop table %s', v_old);
  end loop;
  return true;
exception when lock_not_available then
  return false;
end;
$$;
comment on function engine.drop_offer_days(timestamptz) is
  'Drops the offers of the days that are older than offers are kept; returns false '
  'when the table was in use.';
