-- A trip's row changes with every round and every booking, its wishes hardly ever. They
-- are checked whenever one of them is written, with words
-- (trips/check_trip_request.sql), and no more at each change of the rest: eighteen
-- checks were nearly all of what such a change cost. What stays is about the rest, or
-- about sizes.
-- depends: 0029_doorbell
-- squawk-ignore-file ban-drop-constraint
alter table public.trip_requests
  drop constraint trip_requests_airlines,
  drop constraint trip_requests_alliances,
  drop constraint trip_requests_bags,
  drop constraint trip_requests_cabin_class,
  drop constraint trip_requests_decide_by,
  drop constraint trip_requests_departure,
  drop constraint trip_requests_layovers,
  drop constraint trip_requests_max_connections,
  drop constraint trip_requests_max_duration,
  drop constraint trip_requests_max_emissions_kg,
  drop constraint trip_requests_max_price,
  drop constraint trip_requests_nights,
  drop constraint trip_requests_places,
  drop constraint trip_requests_preferred_airlines,
  drop constraint trip_requests_return,
  drop constraint trip_requests_searches,
  drop constraint trip_requests_weights,
  drop constraint trip_requests_windows;
