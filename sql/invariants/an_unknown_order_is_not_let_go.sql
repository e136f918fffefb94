-- Once an order may exist, only the provider's statement or a person's order leads
-- further.
create or replace function engine.an_unknown_order_is_not_let_go(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('call %s, sent at %s', c.id, c.sent_at), a.state_changed_at
  from public.booking_attempts as a
  inner join engine.provider_calls as c
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where a.state_changed_at >= p_since
    and a.status = 'FAILED'
    and c.operation = 'create_order'
    and c.state = 'UNKNOWN'
    and a.order_cancelled_at is null
    and coalesce(a.error_code, '') not in ('creation_failed', 'void', 'release');
end;
$$;
comment on function engine.an_unknown_order_is_not_let_go(timestamptz) is
  'Rows that break the promise: an unknown order is not let go.';
