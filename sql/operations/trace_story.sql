-- Finds everything about one id: a trace's, a trip's, an attempt's or a booking's,
-- whether or not the trace was sampled. operations/story_id.sql has the providers'
-- ids. A trace without an attempt (a search that led to nothing, a scan of an
-- account) is looked for among all calls, without an index: this is for a person who
-- asks once. Definer: operators have no rights on tables; no row holds a person's
-- name.
create or replace function engine.trace_story(p_id uuid)
  returns table (
    at timestamptz,
    trace_id text,
    attempt_no integer,
    is_call boolean,
    -- The call itself, or what led to the event: a call, a case, an offer.
    what text,
    actor text,
    told text
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests;
  v_attempt public.booking_attempts;
  -- Null: the story is of the whole trip.
  v_trace_id uuid;
begin
  select t.* into v_trip from public.trip_requests as t where t.id = p_id;
  if not found then
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.id = p_id
      or a.trace_id = p_id
      or a.id in (
        select b.booking_attempt_id from public.flight_bookings as b where b.id = p_id
      );
    v_trace_id := coalesce(v_attempt.trace_id, v_attempt.id);
    select t.* into v_trip
    from public.trip_requests as t
    where t.user_id = v_attempt.user_id and t.id = v_attempt.trip_request_id;
  end if;
  if v_trip.id is null then
    v_trace_id := p_id;
    select t.* into v_trip
    from engine.provider_calls as c
    inner join public.trip_requests as t
      on t.user_id = c.user_id and t.id = c.trip_request_id
    where c.trace_id = p_id
    limit 1;
  end if;
  return query
  select
    e.at,
    e.correlation_id,
    a.attempt_no,
    false,
    coalesce(e.detail ->> 'cause', e.correlation_id),
    e.actor,
    concat_ws(' ', e.from_state || ' →', e.to_state, e.reason)
  from engine.booking_events as e
  left join public.booking_attempts as a
    on a.user_id = e.user_id and a.id = e.booking_attempt_id
  where e.user_id = v_trip.user_id
    and e.trip_request_id = v_trip.id
    and (v_trace_id is null or e.correlation_id = engine.trace_hex(v_trace_id))
  union all
  select
    coalesce(c.finished_at, c.claimed_at, c.created_at),
    engine.trace_hex(c.trace_id),
    a.attempt_no,
    true,
    'call:' || c.id,
    c.worker,
    concat_ws(
      ' ', c.operation, lower(c.state collate "C"), lower(c.verdict collate "C"),
      c.http_status::text, nullif(c.error_code, 'ok'), c.request_id
    ) || format(', tries: %s', c.tries)
  from engine.provider_calls as c
  left join public.booking_attempts as a
    on a.user_id = c.user_id and a.id = c.booking_attempt_id
  where c.user_id = v_trip.user_id
    and c.trip_request_id = v_trip.id
    and (v_trace_id is null or coalesce(c.trace_id, c.booking_attempt_id) = v_trace_id)
  order by 1, 5, 4;
end;
$$;
comment on function engine.trace_story(uuid) is
  'Lists the events and calls of one trace, trip, attempt or booking, in order '
  'of time.';
grant execute on function engine.trace_story(uuid) to skylatch_operator;
