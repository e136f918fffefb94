-- Whether a payment of an ended attempt may belong to an order. Scans follow each other
-- without a gap, so each order of ours was in one of them, and an order that no attempt
-- accounts for is a case. Null until a list of Duffel's orders was asked for after the
-- attempt's end.
create or replace function engine.may_have_order(
  p_user_id uuid, p_attempt_id uuid, p_made_at timestamptz
) returns boolean
  language plpgsql stable
as $$
begin
  return (
    select case
      when a.status <> 'FAILED'
        or a.order_id is not null and a.order_cancelled_at is null
        or a.order_id is null and a.order_hint is not null
        or exists (
          select from engine.review_cases as c
          where c.kind in ('ORPHAN_ORDER', 'ORDER_CONTRADICTION')
            and c.user_id = p_user_id
            and c.booking_attempt_id = p_attempt_id
        ) then true
      when exists (
        select from engine.scans as s
        where s.scan = 'orders'
          and s.history = engine.present_history()
          and s.scanned_to > greatest(a.ended_at, p_made_at) + interval '5 minutes'
      ) then false
    end
    from public.booking_attempts as a
    where a.user_id = p_user_id and a.id = p_attempt_id
  );
end;
$$;
comment on function engine.may_have_order(uuid, uuid, timestamptz) is
  'Tells whether an ended attempt may have an order; null while that is not known.';
