-- A trip that is only watched is searched like one that books by itself. The next
-- release drops trip_requests_due_idx, which this index replaces.
-- transactional: false
-- depends: 0015_booking_modes

drop index concurrently if exists public.trip_requests_watched_idx;
create index concurrently trip_requests_watched_idx
  on public.trip_requests (next_search_at)
  where auto_book_status = 'PENDING'
    and (auto_book_enabled or booking_mode = 'WATCH');
alter table public.trip_requests validate constraint trip_requests_booking_mode;
alter table public.trip_requests validate constraint trip_requests_veto_minutes;
