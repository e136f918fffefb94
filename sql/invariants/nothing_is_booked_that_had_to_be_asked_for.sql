-- Our rows cannot tell who pressed the button: an approval is what approve_offer wrote.
create or replace function engine.nothing_is_booked_that_had_to_be_asked_for(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('begun in the mode %s without a proposal that allowed it', a.booking_mode),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.booking_mode <> 'AUTOMATIC'
    and not exists (
      select from public.offer_proposals as p
      where p.user_id = a.user_id
        and p.booking_attempt_id = a.id
        and p.state in ('APPROVED', 'BOOKED')
        and p.trip_request_id = a.trip_request_id
        and p.trip_version = a.trip_version
        and p.mode = a.booking_mode
        and p.price_currency = a.currency
        and p.price_amount >= a.agreed_amount
        -- Of a veto window that was over, another offer of these fares is booked.
        and (p.flight_offer_id = a.flight_offer_id or p.books_at <= a.started_at)
    );
end;
$$;
comment on function engine.nothing_is_booked_that_had_to_be_asked_for(timestamptz) is
  'Rows that break the promise: nothing is booked that had to be asked for.';
