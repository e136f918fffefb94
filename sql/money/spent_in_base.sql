-- Sums up for one traveller, or for everybody when none is named, since each of some
-- days (UTC), all in one query. Spent is what was paid for bookings since then and not
-- returned, and what attempts in flight may still cost, whenever they began. For
-- everybody, what was paid is added up by the day (money/note_spending.sql), so that
-- the cost does not grow with the bookings. At the final check of an attempt,
-- everybody's other attempts in flight count only once their order may have left: of
-- two that would pass the ceiling together, the first one goes.
create or replace function engine.spent_in_base(
  p_user_id uuid, p_since timestamptz[], p_attempt_id uuid, p_now timestamptz
) returns numeric[]
  language plpgsql stable
as $$
declare
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_days date[] := array(
    select (w.since at time zone 'UTC')::date from unnest(p_since) as w (since)
  );
  v_spent numeric[] := array_fill(0::numeric, array[cardinality(v_days)]);
  v_part record;
begin
  for v_part in
    select w.nth, s.currency, sum(s.amount) as amount
    from (
      select
        case a.status
          when 'PENDING' then 'infinity' else (a.ended_at at time zone 'UTC')::date
        end as day,
        a.currency,
        engine.kept_amount(a.agreed_amount, a.refund_amount, a.refunded_at) as amount
      from public.booking_attempts as a
      where a.user_id = p_user_id
        and a.status in ('PENDING', 'SUCCESS')
        and (p_attempt_id is null or a.id <> p_attempt_id)
      union all
      select 'infinity', a.currency, a.agreed_amount
      from public.booking_attempts as a
      where p_user_id is null
        and a.status = 'PENDING'
        and (
          p_attempt_id is null
          or a.id <> p_attempt_id
          and (
            a.order_id is not null
            -- In these nothing was ordered yet.
            or a.state not in (
              'REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'AWAITING_HOLDER'
            )
            and exists (
              select from engine.provider_calls as c
              where c.user_id = a.user_id
                and c.booking_attempt_id = a.id
                and c.operation = 'create_order'
                and c.sent_at is not null
            )
          )
        )
      union all
      select d.day, d.currency, d.amount
      from engine.spent_days as d
      where p_user_id is null
        and d.day >= (select min(w.day) from unnest(v_days) as w (day))
      union all
      select d.day, d.currency, d.amount
      from engine.spent_parts as d
      where p_user_id is null
    ) as s
    inner join unnest(v_days) with ordinality as w (day, nth) on s.day >= w.day
    group by w.nth, s.currency
  loop
    v_spent[v_part.nth] := v_spent[v_part.nth] + case v_part.currency
      when v_base then v_part.amount
      else engine.in_base_currency(v_part.amount, v_part.currency, false, p_now)
    end;
  end loop;
  return v_spent;
end;
$$;
comment on function engine.spent_in_base(uuid, timestamptz[], uuid, timestamptz) is
  'Returns what was spent or may yet be spent since each day, in the base currency; '
  'null where a currency has no rate at all.';
