create or replace function engine.check_consent(p_trip public.trip_requests)
  returns void
  language plpgsql stable
as $$
declare
  v_problem text := engine.consent_problem(p_trip);
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK114',
      message = 'the consent does not cover this trip as it is now',
      detail = jsonb_build_object('trip', p_trip.id, 'problem', v_problem),
      hint = format(
        'Your consent does not cover %s: agree again (consent_to_trip), then resume.',
        v_problem
      );
  end if;
end;
$$;
comment on function engine.check_consent(public.trip_requests) is
  'Raises SK114 unless the traveller agreed to the trip as it is now.';
