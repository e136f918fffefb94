-- An attempt's order is one call, under its derived key, sent after the intent was
-- committed. Bodies are built from frozen rows when a call is handed out and not kept,
-- because they hold personal data; so there is no hash to compare. Only the provider's
-- own list shows that an order was not sent twice: review/compare_orders.sql.
create or replace function engine.an_order_is_sent_once_after_its_intent(
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
      '%s calls; intent at %s, sent at %s', count(*), a.started_at, min(c.sent_at)
    ),
    a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since and c.operation = 'create_order'
  group by a.user_id, a.id
  having count(*) > 1
    or min(c.sent_at) < a.started_at
    or bool_or(c.idempotency_key <> a.id || ':create_order')
    or bool_or(a.order_id is not null and c.sent_at is null);
end;
$$;
comment on function engine.an_order_is_sent_once_after_its_intent(timestamptz) is
  'Rows that break the promise: an order is sent once, after its intent.';
