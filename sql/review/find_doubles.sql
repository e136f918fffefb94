-- Only the providers can show that a trip has one live order and is paid for once,
-- whoever made the order and whichever attempt it names. A list reaches back a few
-- hours only, so what it shows is put together with what our rows and open cases know
-- of the same trips. An order that is cancelled, or money that was returned, by the
-- list or by our rows, does not count. A case closes by itself when one of the two is
-- gone.
create or replace function engine.find_doubles(
  p_what text, -- 'orders' or 'payments'
  p_trip_ids uuid[],
  p_object_ids text[],
  p_are_live boolean[],
  p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_trip record;
  v_number integer := 0;
begin
  for v_trip in
    with seen as materialized (
      select s.trip_id, s.object_id, s.is_live, t.user_id
      from unnest(p_trip_ids, p_object_ids, p_are_live) as s (trip_id, object_id, is_live)
      inner join public.trip_requests as t on s.trip_id = t.id
    ),

    trips as materialized (select distinct s.user_id, s.trip_id from seen as s),

    live as (
      select s.trip_id, s.object_id
      from seen as s
      where s.is_live
      union
      select
        t.trip_id, case p_what when 'orders' then a.order_id else a.payment_intent_id end
      from trips as t
      inner join public.booking_attempts as a
        on t.user_id = a.user_id and t.trip_id = a.trip_request_id
      where case p_what
        when 'orders' then a.order_id is not null else a.captured_amount is not null
      end
      union
      select t.trip_id, c.object_id
      from trips as t
      inner join engine.review_cases as c
        on t.user_id = c.user_id and t.trip_id = c.trip_request_id
      where c.resolved_at is null
        and case p_what
          when 'orders' then c.kind = 'ORPHAN_ORDER'
          else c.kind = 'ORPHAN_PAYMENT'
            and (c.evidence #>> '{found,amount_received}')::bigint > 0
        end
    )

    select t.trip_id, format('%s of trip %s', p_what, t.trip_id) as subject, d.found
    from trips as t
    cross join lateral (
      select jsonb_agg(l.object_id order by l.object_id) as found
      from live as l
      where l.trip_id = t.trip_id
        and not exists (
          select from seen as s where s.object_id = l.object_id and not s.is_live
        )
        and not exists (
          select from public.booking_attempts as a
          where a.user_id = t.user_id
            and a.trip_request_id = t.trip_id
            and l.object_id in (a.order_id, a.payment_intent_id)
            and (a.order_cancelled_at is not null or a.refunded_at is not null)
        )
    ) as d
    where jsonb_array_length(d.found) > 1
      or exists (
        select from engine.review_cases as c
        where c.kind = 'DOUBLE_BOOKING'
          and c.object_id = format('%s of trip %s', p_what, t.trip_id)
          and c.resolved_at is null
      )
    order by t.trip_id
  loop
    if jsonb_array_length(v_trip.found) > 1 then
      v_number := v_number + 1;
      continue when exists (
        select from engine.review_cases as c
        where c.kind = 'DOUBLE_BOOKING' and c.object_id = v_trip.subject
      );
      perform engine.open_trip_case(
        'DOUBLE_BOOKING', v_trip.subject, v_trip.trip_id,
        case p_what
          when 'orders' then 'Duffel shows more than one live order of one trip.'
          else 'Stripe took money more than once for one trip.'
        end,
        jsonb_build_object('found', v_trip.found), p_now
      );
    else
      perform engine.close_case(
        'DOUBLE_BOOKING', v_trip.subject, 'engine', 'one is left', p_now
      );
    end if;
  end loop;
  return v_number;
end;
$$;
comment on function engine.find_doubles(
  text, uuid[], text[], boolean[], timestamptz
) is
  'Opens a case for each trip that a list shows ordered, or paid for, more than once.';
