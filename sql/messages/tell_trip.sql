-- A trip that changes its status tells its traveller, whoever changed it. What happens
-- to a booking is told by the booking.
create or replace function engine.tell_trip() returns trigger
  language plpgsql volatile
as $$
declare
  v_code text;
  v_kind text;
begin
  if old.auto_book_status = 'BOOKED' then
    return null;
  elsif new.auto_book_status = 'ACTION_REQUIRED' and old.auto_book_status = 'BOOKING' then
    select a.error_code into v_code
    from public.booking_attempts as a
    where a.user_id = new.user_id and a.trip_request_id = new.id
    order by a.attempt_no desc
    limit 1;
  end if;
  v_kind := case new.auto_book_status
    when 'FAILED' then 'trip.failed'
    when 'EXPIRED' then 'trip.expired'
    when 'CANCELLED' then 'trip.cancelled'
    when 'ACTION_REQUIRED' then case
      when exists (
        select from engine.outcome_rules as r
        where r.operation in ('confirm_payment', 'read_holder')
          and r.verdict = 'FAIL'
          and r.reason = new.status_reason
      ) then 'payment.declined'
      when v_code is null and engine.consent_problem(new) is not null
        then 'consent.required'
      else 'trip.action_required'
    end
  end;
  if v_kind is not null then
    perform engine.notify_traveller(
      new.user_id, v_kind,
      format('%s:%s', new.id, extract(epoch from new.status_changed_at)),
      new.id, null,
      engine.trip_facts(new)
      || jsonb_build_object('reason', new.status_reason, 'code', v_code),
      new.status_changed_at
    );
  end if;
  return null;
end;
$$;
comment on function engine.tell_trip() is
  'Trigger that tells the traveller what became of a trip.';

create or replace trigger trip_requests_tell
after update of auto_book_status on public.trip_requests
for each row
when (
  new.auto_book_status is distinct from old.auto_book_status
  and new.auto_book_status in ('ACTION_REQUIRED', 'FAILED', 'EXPIRED', 'CANCELLED')
)
execute function engine.tell_trip();
