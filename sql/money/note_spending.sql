-- What a booking cost, or what was returned of it, is written as a new row, so that no
-- booking waits for another one because both are added up. A trigger, so that every
-- change of an attempt is counted.
create or replace function engine.note_spending() returns trigger
  language plpgsql volatile
as $$
begin
  if tg_op = 'UPDATE' and old.status = 'SUCCESS' then
    insert into engine.spent_parts (day, currency, amount)
    values (
      (old.ended_at at time zone 'UTC')::date, old.currency,
      -engine.kept_amount(old.agreed_amount, old.refund_amount, old.refunded_at)
    );
  end if;
  if new.status = 'SUCCESS' then
    insert into engine.spent_parts (day, currency, amount)
    values (
      (new.ended_at at time zone 'UTC')::date, new.currency,
      engine.kept_amount(new.agreed_amount, new.refund_amount, new.refunded_at)
    );
  end if;
  return null;
end;
$$;
comment on function engine.note_spending() is
  'Trigger that adds what an attempt has cost, or no longer costs, to the day of its '
  'booking.';

create or replace trigger booking_attempts_spent_at_once
after insert on public.booking_attempts
for each row when (new.status = 'SUCCESS')
execute function engine.note_spending();
create or replace trigger booking_attempts_spent
after update of status, refunded_at on public.booking_attempts
for each row when (
  old.status is distinct from new.status and 'SUCCESS' in (old.status, new.status)
  or old.status = 'SUCCESS' and old.refunded_at is distinct from new.refunded_at
)
execute function engine.note_spending();
