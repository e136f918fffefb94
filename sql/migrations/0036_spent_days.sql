-- What the bookings of each day have cost, added up, so that a ceiling of everybody's
-- costs the same whatever was booked before. Kept by a trigger of booking_attempts
-- (money/note_spending.sql), which is here as well: nothing may be booked between the
-- first sum and it.
-- depends: 0035_offers_dropped_by_day_checked

-- As of the day (UTC) on which a booking was made; less what was returned of it.
create table engine.spent_days (
  day date not null,
  currency text not null,
  amount numeric not null,
  primary key (day, currency)
);
alter table engine.spent_days enable row level security;
alter table engine.spent_days force row level security;
create policy spent_days_owner_all on engine.spent_days
  to skylatch_owner
  using (true)
  with check (true);

-- One row for each booking or refund, until it is added to its day: a shared row would
-- make bookings wait for each other.
create table engine.spent_parts (
  id bigint generated always as identity primary key,
  day date not null,
  currency text not null,
  amount numeric not null
);
alter table engine.spent_parts enable row level security;
alter table engine.spent_parts force row level security;
create policy spent_parts_owner_all on engine.spent_parts
  to skylatch_owner
  using (true)
  with check (true);

create function engine.note_spending() returns trigger
  language plpgsql volatile
as $$
begin
  if tg_op = 'UPDATE' and old.status = 'SUCCESS' then
    insert into engine.spent_parts (day, currency, amount)
    values (
      (old.ended_at at time zone 'UTC')::date, old.currency,
      case when old.refunded_at is null then 0 else coalesce(old.refund_amount, 0) end
      - old.agreed_amount
    );
  end if;
  if new.status = 'SUCCESS' then
    insert into engine.spent_parts (day, currency, amount)
    values (
      (new.ended_at at time zone 'UTC')::date, new.currency,
      new.agreed_amount
      - case when new.refunded_at is null then 0 else coalesce(new.refund_amount, 0) end
    );
  end if;
  return null;
end;
$$;
create trigger booking_attempts_spent_at_once
after insert on public.booking_attempts
for each row when (new.status = 'SUCCESS')
execute function engine.note_spending();
create trigger booking_attempts_spent
after update of status, refunded_at on public.booking_attempts
for each row when (
  old.status is distinct from new.status and 'SUCCESS' in (old.status, new.status)
  or old.status = 'SUCCESS' and old.refunded_at is distinct from new.refunded_at
)
execute function engine.note_spending();
insert into engine.spent_days (day, currency, amount)
select
  (a.ended_at at time zone 'UTC')::date,
  a.currency,
  sum(
    a.agreed_amount
    - case when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0) end
  )
from public.booking_attempts as a
where a.status = 'SUCCESS'
group by 1, 2;
