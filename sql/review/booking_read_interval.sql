-- How long what was read of a booking may stand: a fourteenth of the time that is left
-- until the flight, at least an hour and at most a week. So it is weekly at first,
-- daily two weeks ahead and hourly in the end: the less time a traveller has to find
-- another flight, the less of it may be lost. The last 14 weeks take about 90 reads.
create or replace function engine.booking_read_interval(p_ahead interval)
  returns interval
  language sql immutable
return case
  -- greatest() and least() pass over a null.
  when p_ahead is not null
    then greatest(interval '1 hour', least(interval '7 days', p_ahead / 14))
end;
comment on function engine.booking_read_interval(interval) is
  'Returns after how long a booking is read again, so long before its departure; null '
  'when it has none.';
