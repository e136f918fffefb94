-- A booking is read again after a fourteenth of the time that is left until its flight,
-- but after an hour at the least and a week at the most. So reads are weekly at first,
-- daily two weeks ahead, and hourly in the end: a traveller who has less time to find
-- another flight is told sooner. The last 14 weeks take about 90 reads.
create or replace function engine.booking_read_interval(p_ahead interval)
  returns interval
  language sql immutable
return case
  -- greatest() and least() ignore a null.
  when p_ahead is not null
    then greatest(interval '1 hour', least(interval '7 days', p_ahead / 14))
end;
comment on function engine.booking_read_interval(interval) is
  'Returns after how long a booking is to be read again, given the time to its '
  'departure; null for a booking without one.';
