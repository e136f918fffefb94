-- Everything that came back since the last commit, in one transaction, each report in
-- its own subtransaction: one that cannot be applied spoils no other. The next step of
-- each saga is handed straight back, claimed, so that a step costs one commit; a worker
-- that is stopping leaves it to the others.
create or replace function engine.finish_calls(
  p_worker text, p_reports jsonb, p_hand_on boolean
)
  returns table (
    call_id bigint,
    epoch integer,
    operation text,
    trip_request_id uuid,
    idempotency_key text,
    marks_sent boolean,
    request jsonb
  )
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_raw jsonb;
  v_next bigint;
  v_nexts bigint[] := '{}'::bigint[];
  v_now timestamptz := clock_timestamp();
begin
  -- In trip order, so that two sidecars reporting at once cannot deadlock.
  for v_raw in
    select r.value
    from jsonb_array_elements(p_reports) as r
    left join engine.provider_calls as c on c.id = (r.value ->> 'call_id')::bigint
    order by c.trip_request_id, c.id
  loop
    begin
      v_next := engine.settle_call(
        engine.read_report(v_raw), false, p_worker, v_now
      );
      v_nexts := v_nexts || v_next;
    exception when others then
      -- A lock that could not be had in time, or a full disk: nothing is wrong with the
      -- report, so the worker sends the batch again.
      if sqlstate in ('40001', '40P01', '55P03', '53100') then
        raise;
      end if;
      -- The lease runs out and recovery takes over; the reason must not be lost.
      raise warning 'report of call % not applied: % %',
        v_raw ->> 'call_id', sqlstate, sqlerrm;
      perform engine.log_event(
        c.user_id, c.trip_request_id, c.booking_attempt_id, p_worker, 'call:' || c.id,
        null, null, c.operation || ': the report could not be applied',
        jsonb_strip_nulls(
          jsonb_build_object(
            'sqlstate', sqlstate,
            'message', sqlerrm,
            'http_status', v_raw -> 'http_status',
            'request_id', v_raw -> 'request_id',
            -- It may be the only trace of an order.
            'object', coalesce(
              v_raw #>> '{body,data,id}', v_raw #>> '{body,id}'
            )
          )
        )
      )
      from engine.provider_calls as c
      where c.id = (v_raw ->> 'call_id')::bigint and c.user_id is not null;
      perform engine.count_apply_failure(
        (v_raw ->> 'call_id')::bigint, sqlerrm, p_worker, v_now
      );
    end;
  end loop;
  perform engine.record_flag_usage();
  return query
  select l.*
  from engine.lease_calls(
    p_worker,
    array(
      select c.id from engine.provider_calls as c
      where p_hand_on and c.id = any (v_nexts) and c.run_at <= v_now
    ),
    v_now
  ) as l;
end;
$$;
comment on function engine.finish_calls(text, jsonb, boolean) is
  'Applies reports of finished calls and hands the next calls back, claimed.';
grant execute on function engine.finish_calls(text, jsonb, boolean) to skylatch_sidecar;
