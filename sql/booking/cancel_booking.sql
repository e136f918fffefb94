create or replace function public.cancel_booking(
  p_booking_id uuid, p_min_refund numeric default null
) returns text
  language sql volatile
  security invoker
return engine.ask_cancellation(p_booking_id, p_min_refund);
comment on function public.cancel_booking(uuid, numeric) is
  'Cancels a booking if the airline returns at least so much (default: everything); '
  'returns the state of that. Asking twice asks once.';
grant execute on function public.cancel_booking(uuid, numeric)
  to authenticated, service_role;
