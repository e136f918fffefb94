-- Applies all answers since the last commit in one transaction, each report in its own
-- subtransaction, so that a report that cannot be applied spoils no other. The next
-- step of each saga is handed straight back, claimed, so that a step costs one commit;
-- a worker that is stopping leaves the next step to others.
-- Nobody holds up anybody: a trip's row is taken without waiting, and for any other
-- lock (a traveller's limits, a passenger's profile) a batch waits half a second at the
-- most, however many rows are locked. A report that meets such a lock is set aside: its
-- row in the result says so, with no call in it, and the worker tries it again.
-- In a history that is not confirmed yet, answers from before it are late ones.
create or replace function engine.finish_calls(
  p_worker text, p_reports jsonb, p_hand_on boolean, p_traced boolean default false
)
  returns table (
    call_id bigint,
    epoch integer,
    operation text,
    trip_request_id uuid,
    idempotency_key text,
    marks_sent boolean,
    request jsonb,
    is_set_aside boolean
  )
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '250ms'
as $$
declare
  v_found record;
  v_next bigint;
  v_nexts bigint[] := '{}'::bigint[];
  v_claimed integer;
  v_now timestamptz := clock_timestamp();
  v_is_confirmed boolean := engine.history_is_confirmed(v_now);
  -- While calls wait for a history they are chosen one by one.
  v_hand_to text := case when p_hand_on and v_is_confirmed then p_worker end;
  v_report engine.call_report;
  v_has_asked boolean := false;
  v_error text;
  -- Travellers who hold a row of theirs: one wait for each is enough.
  v_held uuid[] := '{}'::uuid[];
begin
  -- In trip order, so that two sidecars reporting at once cannot deadlock.
  for v_found in
    select
      r.value as said,
      (r.value ->> 'call_id')::bigint as id,
      c.user_id,
      c.booking_attempt_id is null as is_search,
      engine.trace_hex(c.trace_id) as trace
    from jsonb_array_elements(p_reports) as r
    -- One look-up each, whatever is planned for a batch of unknown size.
    left join lateral (
      select a.* from engine.provider_calls as a
      where a.id = (r.value ->> 'call_id')::bigint
      offset 0
    ) as c on true
    order by c.trip_request_id, c.id
  loop
    begin
      v_report := engine.read_report(v_found.said);
      if v_found.user_id = any (v_held) then
        raise lock_not_available;
      end if;
      v_next := engine.settle_call(v_report, false, p_worker, v_now, v_hand_to);
      v_nexts := v_nexts || v_next;
      v_has_asked := v_has_asked or v_found.is_search or v_next is null;
    exception when others then
      v_error := sqlerrm;
      -- No room on the disk: the worker sends the whole batch again.
      if sqlstate = '53100' then
        raise;
      elsif sqlstate in ('SK308', '55P03', '40P01', '40001') then
        -- A lock that could not be had says nothing against the report.
        if sqlstate = '55P03' and v_found.user_id = any (v_held) is not true then
          v_held := v_held || v_found.user_id;
          perform engine.wait_less();
        end if;
        call_id := v_found.id;
        epoch := (v_found.said ->> 'epoch')::integer;
        is_set_aside := true;
        return next;
        continue;
      end if;
      -- The lease runs out and recovery takes over; the reason must not be lost.
      raise warning 'report of call % (trace %) not applied: % %',
        v_found.id, v_found.trace, sqlstate, v_error;
      begin
        perform engine.note_unapplied_report(
          v_found.id, v_found.said, sqlstate, v_error, p_worker, v_now
        );
      exception when lock_not_available or sqlstate 'SK308' then
        call_id := v_found.id;
        epoch := (v_found.said ->> 'epoch')::integer;
        is_set_aside := true;
        return next;
      end;
    end;
  end loop;
  -- A step that leads to the next one has asked no flag.
  if v_has_asked then
    perform engine.record_flag_usage();
  end if;
  v_nexts := array_remove(v_nexts, null);
  if v_nexts = '{}' then
    return;
  end if;
  return query
  select
    c.id, c.epoch, c.operation, c.trip_request_id, c.idempotency_key::text,
    o.marks_sent, engine.call_request(c, p_traced, o.provider), false
  from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where c.id = any (v_nexts) and c.state = 'CLAIMED';
  get diagnostics v_claimed = row_count;
  if not p_hand_on or v_claimed = cardinality(v_nexts) then
    return;
  end if;
  -- Those that were reopened, or could not be born claimed.
  return query
  select
    l.id, l.epoch, l.operation, l.trip_request_id, l.idempotency_key::text,
    o.marks_sent, engine.call_request(l, p_traced, o.provider), false
  from engine.lease_calls(
    p_worker,
    array(
      select c.id from engine.provider_calls as c
      where c.id = any (v_nexts)
        and c.state = 'READY'
        and c.run_at <= v_now
        and (
          v_is_confirmed or c.operation not in (
            select o.operation from engine.operations as o where o.awaits_history
          )
        )
    ),
    -- Not when this batch began: its work may have taken a while.
    clock_timestamp()
  ) as l
  inner join engine.operations as o on l.operation = o.operation;
end;
$$;
comment on function engine.finish_calls(text, jsonb, boolean, boolean) is
  'Applies reports of finished calls; returns the next calls, claimed, and names the '
  'reports that were set aside because their trip is locked.';
grant execute on function engine.finish_calls(text, jsonb, boolean, boolean)
  to skylatch_sidecar;
