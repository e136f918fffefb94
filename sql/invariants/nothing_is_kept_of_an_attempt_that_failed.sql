create or replace function engine.nothing_is_kept_of_an_attempt_that_failed(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format(
      'collected %s, returned %s', engine.format_money(a.captured_amount, a.currency),
      engine.format_money(
        case when a.refunded_at is null then 0 else a.refund_amount end, a.currency
      )
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.captured_amount > case
      when a.refunded_at is null then 0 else coalesce(a.refund_amount, 0)
    end;
end;
$$;
comment on function engine.nothing_is_kept_of_an_attempt_that_failed(timestamptz) is
  'Rows that break the promise: nothing is kept of an attempt that failed.';
