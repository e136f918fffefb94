-- How many bookings of one traveller may fail in an hour before none is begun.
-- depends: 0022_deployed_objects

alter table engine.traveller_limits
  add column failed_bookings_per_hour integer not null default 20
  constraint traveller_limits_failed_bookings
  check (failed_bookings_per_hour between 1 and 1000000);
