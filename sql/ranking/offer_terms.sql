-- The terms that an offer is held against besides the trip itself. They are computed
-- once for all offers that share currency, passengers and days.
create or replace function engine.offer_terms(
  p_trip public.trip_requests,
  p_currency text,
  p_passengers jsonb,
  p_first_day date,
  p_last_day date,
  p_status text,
  p_now timestamptz
) returns engine.offer_terms
  language plpgsql stable
as $$
declare
  v_terms engine.offer_terms;
begin
  v_terms.status := p_status;
  select c.cap, c.rate, c.rate_as_of, c.problem
  into v_terms.cap, v_terms.rate, v_terms.rate_as_of, v_terms.cap_problem
  from engine.convert_cap(p_trip, p_currency, p_now) as c;
  v_terms.city_airports := engine.city_airports(p_trip.origins || p_trip.destinations);
  v_terms.party_fits := exists (
    select from engine.match_party(
      p_trip.user_id, p_trip.id, p_passengers, p_first_day, p_last_day
    )
  );
  -- What can be charged exactly (money/stripe_amount.sql) is a multiple of this.
  select c.stripe_step / c.stripe_factor::numeric into v_terms.charge_step
  from engine.currencies as c where c.code = p_currency;
  select s.least_lead_time into v_terms.least_lead_time
  from engine.search_settings as s;
  return v_terms;
end;
$$;
comment on function engine.offer_terms(
  public.trip_requests, text, jsonb, date, date, text, timestamptz
) is
  'Gathers the terms that the offers of one currency, party and journey are held '
  'against.';
