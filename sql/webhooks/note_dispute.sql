-- A cardholder's bank takes disputed money back unless it is shown evidence in time. So
-- a dispute is a case for a person, whichever payment it is about, unless that payment
-- is known to be another installation's. A dispute ends at the bank, won or lost, and
-- the end is kept. A fraud warning is the bank's step before a dispute.
create or replace function engine.note_dispute(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_id text := p_body ->> 'id';
  v_intent text := coalesce(
    p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent'
  );
  v_ended boolean := p_body ->> 'status' in (
    'won', 'lost', 'warning_closed', 'prevented'
  );
  v_attempt public.booking_attempts;
begin
  v_attempt := engine.event_attempt(
    v_id, jsonb_build_object('payment_intent', v_intent)
  );
  -- The payment is of another installation on this account.
  if engine.belongs_elsewhere(p_body) then
    return 'not ours';
  end if;
  if p_call.operation = 'look_warning' then
    perform engine.open_case(
      'FRAUD_WARNING', v_id, v_attempt,
      format('The card''s bank expects a dispute: %s.', p_body ->> 'fraud_type'),
      jsonb_build_object('warning', p_body), p_now
    );
    return 'warned';
  end if;
  update public.flight_bookings as b
  set
    attention = case
      when not v_ended then 'Its card payment is disputed with the bank.'
      when p_body ->> 'status' = 'lost'
        then 'Its card payment was disputed and taken back by the bank.'
    end
  where b.user_id = v_attempt.user_id and b.booking_attempt_id = v_attempt.id;
  if not v_ended
    or not exists (
      select from engine.review_cases as c where c.kind = 'DISPUTE' and c.object_id = v_id
    )
  then
    perform engine.open_case(
      'DISPUTE', v_id, v_attempt,
      format(
        'A payment is disputed (%s); evidence is due by %s.', p_body ->> 'reason',
        coalesce(
          to_char(
            to_timestamp(
              coalesce(
                p_body #>> '{evidence,due_by}', p_body #>> '{evidence_details,due_by}'
              )::bigint
            ) at time zone 'UTC',
            'YYYY-MM-DD HH24:MI "UTC"'
          ),
          'no date'
        )
      ),
      jsonb_build_object('dispute', p_body), p_now
    );
  end if;
  if v_ended then
    perform engine.close_case('DISPUTE', v_id, 'provider', p_body ->> 'status', p_now);
  end if;
  return p_body ->> 'status';
end;
$$;
comment on function engine.note_dispute(engine.provider_calls, jsonb, timestamptz) is
  'Opens, updates or closes the case of a dispute or of a fraud warning that was read.';
