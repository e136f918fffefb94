-- Of one traveller, or of everybody when none is named, since each of some moments: all
-- in one query. Spent is what was paid for bookings since then and not returned, and
-- what attempts in flight may still cost, whenever they began. Asked for an attempt at
-- its final check, the others in flight of everybody count only once their order may
-- have left: of two that are both about to pass the ceiling, the first one goes.
drop function if exists engine.spent_in_base(uuid, timestamptz, uuid, timestamptz);
create or replace function engine.spent_in_base(
  p_user_id uuid, p_since timestamptz[], p_attempt_id uuid, p_now timestamptz
) returns numeric[]
  language plpgsql stable
as $$
declare
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_spent numeric[] := array_fill(0::numeric, array[coalesce(cardinality(p_since), 0)]);
  v_part record;
begin
  for v_part in
    select w.nth, s.currency, sum(s.amount) as amount
    from (
      select 'infinity' as at, a.currency, a.agreed_amount as amount
      from public.booking_attempts as a
      where a.status = 'PENDING'
        and (p_user_id is null or a.user_id = p_user_id)
        and (
          p_attempt_id is null
          or a.id <> p_attempt_id
          and (
            p_user_id is not null
            or a.order_id is not null
            or exists (
              select from engine.provider_calls as c
              where c.user_id = a.user_id
                and c.booking_attempt_id = a.id
                and c.operation = 'create_order'
                and c.sent_at is not null
            )
          )
        )
      union all
      select
        a.ended_at,
        a.currency,
        a.agreed_amount
        - case when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0) end
      from public.booking_attempts as a
      where a.status = 'SUCCESS'
        and a.ended_at >= (select min(w.since) from unnest(p_since) as w (since))
        and (p_user_id is null or a.user_id = p_user_id)
    ) as s
    inner join unnest(p_since) with ordinality as w (since, nth) on s.at >= w.since
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
  'Says what was spent or is on its way since each moment, in the base currency; null '
  'where a currency has no rate at all.';
