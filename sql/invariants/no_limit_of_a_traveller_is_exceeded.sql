-- Only orders count; an attempt whose fare rose is stopped before its order leaves. The
-- amount that a limit had before its last change is not kept, so only attempts that
-- began after the change are compared with the limit. Days and months that are over,
-- and refunds that failed after they had counted as returned, are not checked.
create or replace function engine.no_limit_of_a_traveller_is_exceeded(
  p_since timestamptz, p_now timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    format('%s %s %s', l.user_id, l.currency, l.period),
    format('%s over a limit of %s', sum(s.kept), l.amount), max(a.state_changed_at)
  from (
    select distinct c.user_id
    from public.booking_attempts as c
    where c.state_changed_at >= p_since
  ) as d
  inner join public.spending_limits as l on d.user_id = l.user_id
  inner join public.booking_attempts as a
    on l.user_id = a.user_id and l.currency = a.currency
  cross join lateral (
    select
      a.agreed_amount - case
        when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
      end as kept
  ) as s
  where a.order_id is not null
    and (
      a.status = 'PENDING'
      or a.status = 'SUCCESS'
      and (
        l.period = 'total'
        or a.ended_at >= date_trunc(l.period, p_now at time zone 'UTC')
        at time zone 'UTC'
      )
    )
  group by l.user_id, l.currency, l.period
  having sum(s.kept) > l.amount and max(a.started_at) > l.changed_at;
end;
$$;
comment on function engine.no_limit_of_a_traveller_is_exceeded(
  timestamptz, timestamptz
) is
  'Rows that break the promise: no limit of a traveller is exceeded.';
