-- The caller has just approved it, in this transaction: an earlier one has its attempt.
-- In the mode AUTOMATIC there need not be one.
create or replace function engine.approved_proposal(
  p_trip public.trip_requests, p_mode text
) returns public.offer_proposals
  language plpgsql stable
as $$
declare
  v_proposal public.offer_proposals;
begin
  select p.* into v_proposal
  from public.offer_proposals as p
  where p.user_id = p_trip.user_id
    and p.trip_request_id = p_trip.id
    and p.state = 'APPROVED'
    and p.trip_version = p_trip.version
    and p.booking_attempt_id is null;
  if not found and p_mode <> 'AUTOMATIC' then
    raise exception using
      errcode = 'SK103',
      message = 'the trip''s status does not allow this',
      detail = jsonb_build_object('trip', p_trip.id, 'mode', p_mode),
      hint = case
        when p_mode in ('APPROVAL', 'VETO_WINDOW') then 'This trip asks first: '
          'approve_offer books what offer_proposals says is open.'
        else format('A trip in the mode %s is never booked.', p_mode)
      end;
  end if;
  return v_proposal;
end;
$$;
comment on function engine.approved_proposal(public.trip_requests, text) is
  'Returns what was approved and is about to be booked; raises SK103 where the mode '
  'needs it and there is none.';
