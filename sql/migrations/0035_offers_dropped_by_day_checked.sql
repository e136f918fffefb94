-- Attempts, bookings and trips point at offers that are kept: all of them do.
-- depends: 0034_offers_dropped_by_day
-- transactional: false

alter table public.booking_attempts
  validate constraint booking_attempts_flight_offer_id_fkey;
alter table public.flight_bookings
  validate constraint flight_bookings_flight_offer_id_fkey;
alter table public.trip_requests
  validate constraint trip_requests_selected_offer_id_fkey;
