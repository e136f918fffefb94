create or replace function engine.no_failure_hides_an_order(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text, 'order ' || a.order_id, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and a.order_id is not null
    and a.order_cancelled_at is null;
end;
$$;
comment on function engine.no_failure_hides_an_order(timestamptz) is
  'Rows that break the promise: no failure hides an order.';
