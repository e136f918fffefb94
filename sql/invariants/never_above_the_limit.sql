create or replace function engine.never_above_the_limit(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format(
      '%s over a limit of %s', engine.format_money(a.agreed_amount, a.currency),
      engine.format_money(a.cap_amount, a.currency)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since and a.agreed_amount > a.cap_amount;
end;
$$;
comment on function engine.never_above_the_limit(timestamptz) is
  'Rows that break the promise: never above the limit.';
