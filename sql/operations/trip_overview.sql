-- What is asked for, and what each trip waits for. A reason may name a booking, whose
-- reference opens it to whoever knows a passenger's name: it is left out, as it is in
-- the other overviews. Looks at every trip: it is for a person who asks once. Definer:
-- operators have no table.
create or replace function engine.trip_overview(
  p_status text default null, p_limit integer default 50
)
  returns table (
    trip_id uuid,
    traveller text,
    status text,
    status_changed_at timestamptz,
    reason text,
    origins text[],
    destinations text[],
    departure_from date,
    departure_to date,
    return_from date,
    return_to date,
    max_price numeric,
    currency text,
    auto_book_enabled boolean,
    searches integer,
    last_searched_at timestamptz,
    next_search_at timestamptz,
    created_at timestamptz
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_size('p_status', array[p_status], 1, 100);
  return query
  select
    t.id,
    'traveller ' || left(t.user_id::text, 8),
    t.auto_book_status,
    t.status_changed_at,
    coalesce(
      replace(t.status_reason, named.booking_reference, '…'), t.status_reason
    ),
    t.origins,
    t.destinations,
    t.departure_from,
    t.departure_to,
    t.return_from,
    t.return_to,
    t.max_price,
    t.currency,
    t.auto_book_enabled,
    t.searches,
    t.last_searched_at,
    t.next_search_at,
    t.created_at
  from public.trip_requests as t
  left join lateral (
    select b.booking_reference
    from public.flight_bookings as b
    where b.user_id = t.user_id
      and position(b.booking_reference in t.status_reason) > 0
    order by length(b.booking_reference) desc
    limit 1
  ) as named on true
  where p_status is null or t.auto_book_status = p_status
  order by t.status_changed_at desc, t.id
  limit p_limit;
end;
$$;
comment on function engine.trip_overview(text, integer) is
  'Lists trips and what they wait for, those that changed last first; no person.';
grant execute on function engine.trip_overview(text, integer) to skylatch_operator;
