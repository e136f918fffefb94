-- These checks need only the trip's row and two index look-ups. They are made before
-- anything is ranked, and again in the transaction that commits the intent. The caller
-- holds the trip's row lock.
create or replace function engine.require_bookable(p_trip public.trip_requests)
  returns void
  language plpgsql stable
as $$
declare
  v_problem text := case
    when p_trip.auto_book_status <> 'PENDING' then 'status'
    when not p_trip.auto_book_enabled or p_trip.consent_at is null then 'consent'
  end;
begin
  if engine.has_live_attempt(p_trip.user_id, p_trip.id) then
    raise exception using
      errcode = 'SK101',
      message = 'a booking of this trip is already in flight',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = 'Wait for it to end; its state is in booking_attempts.';
  elsif v_problem is not null then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object(
        'trip', p_trip.id, 'status', p_trip.auto_book_status, 'problem', v_problem
      ),
      hint = case v_problem
        when 'status' then engine.status_hint(p_trip.auto_book_status, false)
        else 'Agree to automatic booking: set auto_book_enabled, and name the text that '
          'was agreed to (consent_text_version, or consent_to_trip).'
      end;
  end if;
end;
$$;
comment on function engine.require_bookable(public.trip_requests) is
  'Raises SK101 or SK103 unless a booking of the trip may begin.';
