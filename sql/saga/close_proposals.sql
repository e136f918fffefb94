-- Closes what nobody answered in time. The trips are due by then and are searched by
-- the next tick: what fits then is proposed. A trip that somebody holds is left for the
-- next run.
-- Lock order: trip_requests, then offer_proposals.
create or replace function engine.close_proposals(p_now timestamptz) returns integer
  language plpgsql volatile
as $$
declare
  v_closed integer := 0;
  v_row public.offer_proposals;
begin
  for v_row in
    with over as materialized (
      select p.user_id, p.id, p.trip_request_id
      from public.offer_proposals as p
      inner join public.trip_requests as t
        on p.user_id = t.user_id and p.trip_request_id = t.id
      where p.state = 'OPEN' and p.closes_at <= p_now
      order by p.closes_at
      limit 1000
      for no key update of t skip locked
    ),

    closed as (
      update public.offer_proposals as p
      set state = 'LAPSED', state_changed_at = p_now, reason = 'nobody answered in time'
      from over as o
      where p.user_id = o.user_id and p.id = o.id and p.state = 'OPEN'
      returning p.*
    ),

    told as (
      update public.trip_requests as t
      set status_reason = format(
        '%s for %s was proposed and nobody answered. The trip is searched again.',
        c.airline, engine.format_money(c.price_amount, c.price_currency)
      )
      from closed as c
      where t.user_id = c.user_id
        and t.id = c.trip_request_id
        and t.auto_book_status = 'PENDING'
        and t.status_reason = c.sentence
    )

    select c.* from closed as c
  loop
    perform engine.log_event(
      v_row.user_id, v_row.trip_request_id, null, 'recover', 'offer:' || v_row.offer_id,
      null, null, 'nobody answered in time what was proposed',
      jsonb_build_object('offer', v_row.offer_id, 'mode', v_row.mode)
    );
    perform engine.notify_traveller(
      v_row.user_id, 'trip.proposal_lapsed', v_row.id::text, v_row.trip_request_id,
      null,
      engine.trip_facts(t) || jsonb_build_object(
        'offer_id', v_row.offer_id,
        'airline', v_row.airline,
        'price', v_row.price_amount::text,
        'currency', v_row.price_currency
      ),
      p_now
    )
    from public.trip_requests as t
    where t.user_id = v_row.user_id and t.id = v_row.trip_request_id;
    v_closed := v_closed + 1;
  end loop;
  return v_closed;
end;
$$;
comment on function engine.close_proposals(timestamptz) is
  'Closes proposals that nobody answered in time; returns how many.';
