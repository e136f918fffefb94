create or replace function public.cancel_booking(
  p_booking_id uuid, p_min_refund numeric default null
) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.ask_cancellation(p_booking_id, p_min_refund);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.cancel_booking(uuid, numeric) is
  'Cancels a booking if the airline returns at least so much (default: everything); '
  'returns the state of that. Asking twice asks once.';
grant execute on function public.cancel_booking(uuid, numeric)
  to authenticated, service_role;
