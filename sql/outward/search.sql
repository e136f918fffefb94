-- Makes one search of a trip's plan, which returns offers. A search moves no money, so
-- it is tried again when it fails, and asked for again later.
select engine.define_operation(
  'search', 'duffel', p_lease => '180 seconds', p_max_tries => 4, p_breaks_after => 5
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('search', '*', '*', 'RETRY'),
  ('search', '2xx', 'ok', 'OK'),
  ('search', '429', '*', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('search', '4xx', '*', 'FAIL', 'PENDING', '1 hour', false,
    'The airline search was refused.'),
  ('search', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our search account was refused; we are looking into it.'),
  ('search', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our search account was refused; we are looking into it.');

create or replace function engine.search_request(p_call engine.provider_calls)
  returns jsonb
  language plpgsql stable
as $$
begin
  return p_call.payload -> 'request';
end;
$$;
comment on function engine.search_request(engine.provider_calls) is
  'Returns the search as it was written down when it was chosen.';

create or replace function engine.search_code(p_report engine.call_report) returns text
  language plpgsql stable
as $$
begin
  return case
    when jsonb_typeof(p_report.body -> 'offers') = 'array'
      and p_report.body #>> '{offer_request,id}' is not null then 'ok'
    else 'unreadable'
  end;
end;
$$;
comment on function engine.search_code(engine.call_report) is
  'Names the answer: a list of offers, or one that cannot be read.';

-- The offers that were found are stored, and the fares that they show are recorded.
-- Returns how many offers could be read.
create or replace function engine.search_facts(
  p_call engine.provider_calls, p_report engine.call_report, p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_stored integer;
  v_fare public.fare_history;
begin
  v_stored := engine.ingest_offers(
    p_call.user_id, p_call.trip_request_id, (p_call.payload ->> 'round')::integer,
    p_call.payload -> 'request', p_report.body, p_now
  );
  select h.* into v_fare
  from public.fare_history as h
  where h.user_id = p_call.user_id
    and h.trip_request_id = p_call.trip_request_id
    and h.searched_at = p_now
  order by h.id desc
  limit 1;
  if v_fare.malformed > 0 then
    perform engine.raise_counter(
      'skylatch_offers_total', '{"reason": "unreadable"}', v_fare.malformed
    );
  end if;
  perform engine.record_looks(
    array[p_call.trip_request_id], array[p_call.payload ->> 'search_key'],
    array[v_fare.offers], array[v_fare.cheapest::numeric], array[v_fare.currency],
    p_now
  );
  return v_stored;
end;
$$;
comment on function engine.search_facts(
  engine.provider_calls, engine.call_report, timestamptz
) is
  'Stores the offers that a search found and the fare that it saw; returns how many '
  'offers could be read.';

-- This search waits; the others of its trip do not.
create or replace function engine.search_failure(
  p_call engine.provider_calls, p_rule engine.outcome_rules, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.trip_searches as s
  set next_look_at = greatest(
    s.next_look_at, p_now + coalesce(p_rule.search_again_after, '10 minutes')
  )
  where s.user_id = p_call.user_id
    and s.trip_request_id = p_call.trip_request_id
    and s.search_key = p_call.payload ->> 'search_key';
  perform engine.schedule_trips(array[p_call.trip_request_id], p_now);
  update public.trip_requests as t
  set status_reason = coalesce(p_rule.reason, 'The airline search did not answer.')
  where t.user_id = p_call.user_id
    and t.id = p_call.trip_request_id
    and t.auto_book_status = 'PENDING';
end;
$$;
comment on function engine.search_failure(
  engine.provider_calls, engine.outcome_rules, timestamptz
) is 'Puts off a search that failed, and says why on its trip.';
