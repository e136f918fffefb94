create or replace function engine.nothing_begins_with_an_expired_offer(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text,
    format('begun at %s, expired at %s', a.started_at, o.expires_at),
    a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_offers as o
    on a.user_id = o.user_id
    and a.flight_offer_id = o.id
    and o.day = '9999-12-31'
  where a.state_changed_at >= p_since and o.expires_at <= a.started_at;
end;
$$;
comment on function engine.nothing_begins_with_an_expired_offer(timestamptz) is
  'Rows that break the promise: nothing begins with an expired offer.';
