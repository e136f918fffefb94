-- Spent is what was paid for bookings, by the day on which they were made, less what
-- was returned; and what live attempts may still cost, whenever they began, because a
-- frozen attempt may turn out to be a booking. The caller holds the traveller's lock.
create or replace function engine.spending_problem(
  p_user_id uuid, p_currency text, p_amount numeric, p_now timestamptz
) returns text
  language plpgsql stable
as $$
begin
  return (
    select
      format(
        'It would take you over your limit of %s %s: %s is spent or on its way.',
        engine.format_money(l.amount, l.currency),
        case l.period when 'total' then 'in total' else 'a ' || l.period end,
        engine.format_money(s.spent, l.currency)
      )
    from public.spending_limits as l
    cross join lateral (
      select
        coalesce(
          sum(engine.kept_amount(a.agreed_amount, a.refund_amount, a.refunded_at)), 0
        ) as spent
      from public.booking_attempts as a
      where a.user_id = l.user_id
        and a.currency = l.currency
        and (
          a.status = 'PENDING'
          or a.status = 'SUCCESS'
          and (
            l.period = 'total'
            or a.ended_at >= date_trunc(l.period, p_now at time zone 'UTC')
            at time zone 'UTC'
          )
        )
    ) as s
    where l.user_id = p_user_id
      and l.currency = p_currency
      and s.spent + p_amount > l.amount
    order by l.period
    limit 1
  );
end;
$$;
comment on function engine.spending_problem(uuid, text, numeric, timestamptz) is
  'Says which of a traveller''s limits would be passed by spending so much more; null '
  'when none.';
