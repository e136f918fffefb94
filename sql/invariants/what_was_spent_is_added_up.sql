-- Checked only where everything is checked, because this check reads every booking.
create or replace function engine.what_was_spent_is_added_up(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
declare
  c_everything constant timestamptz := timestamptz '0001-01-02 00:00+00';
begin
  return query
  select
    format('%s %s', coalesce(s.day, b.day), coalesce(s.currency, b.currency)),
    format('%s added up, %s spent', s.amount, b.amount),
    c_everything
  from (
    select p.day, p.currency, sum(p.amount) as amount
    from (
      select d.day, d.currency, d.amount from engine.spent_days as d
      union all
      select d.day, d.currency, d.amount from engine.spent_parts as d
    ) as p
    group by p.day, p.currency
  ) as s
  full join (
    select
      (a.ended_at at time zone 'UTC')::date as day,
      a.currency,
      sum(
        a.agreed_amount
        - case when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0) end
      ) as amount
    from public.booking_attempts as a
    where a.status = 'SUCCESS'
    group by 1, 2
  ) as b on s.day = b.day and s.currency = b.currency
  where p_since <= c_everything
    and coalesce(s.amount, 0) <> coalesce(b.amount, 0);
end;
$$;
comment on function engine.what_was_spent_is_added_up(timestamptz) is
  'Rows that break the promise: what was spent is added up.';
