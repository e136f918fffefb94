-- Compares our row of a card with the card that was read. A card that its customer has
-- removed is not charged again: each trip that would book with the card asks its
-- traveller for another. A booking in flight goes on: the bank decides. Here trips are
-- locked after the call, against the usual order, so a trip that is locked is not
-- waited for: the card is read again later.
create or replace function engine.note_method(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_card public.payment_methods;
  v_trip record;
begin
  select m.* into v_card
  from public.payment_methods as m
  where m.stripe_payment_method_id = p_body ->> 'id';
  if not found then
    return 'not ours';
  end if;
  if coalesce(p_body #>> '{customer,id}', p_body ->> 'customer')
    is not distinct from v_card.stripe_customer_id
  then
    update public.payment_methods as m
    set
      brand = p_body #>> '{card,brand}',
      last4 = p_body #>> '{card,last4}',
      exp_month = (p_body #>> '{card,exp_month}')::smallint,
      exp_year = (p_body #>> '{card,exp_year}')::smallint
    where m.user_id = v_card.user_id
      and m.id = v_card.id
      and (m.brand, m.last4, m.exp_month, m.exp_year) is distinct from (
        p_body #>> '{card,brand}', p_body #>> '{card,last4}',
        (p_body #>> '{card,exp_month}')::smallint,
        (p_body #>> '{card,exp_year}')::smallint
      );
    return case when found then 'card updated' else 'as expected' end;
  end if;

  update public.payment_methods as m
  set detached_at = p_now
  where m.user_id = v_card.user_id and m.id = v_card.id and m.detached_at is null;
  for v_trip in
    select t.id
    from public.trip_requests as t
    where t.user_id = v_card.user_id
      and t.payment_method_id = v_card.id
      and t.auto_book_enabled
      and t.auto_book_status = 'PENDING'
    for no key update skip locked
  loop
    update public.trip_requests as t
    set
      auto_book_status = 'ACTION_REQUIRED',
      status_reason = 'Your card was removed. Please add another one.',
      status_changed_at = p_now
    where t.user_id = v_card.user_id and t.id = v_trip.id;
    perform engine.log_event(
      v_card.user_id, v_trip.id, null, 'provider', 'call:' || p_call.id, 'PENDING',
      'ACTION_REQUIRED', 'the card was removed', '{}', p_call.trace_id
    );
  end loop;
  if exists (
    select from public.trip_requests as t
    where t.user_id = v_card.user_id
      and t.payment_method_id = v_card.id
      and t.auto_book_enabled
      and t.auto_book_status = 'PENDING'
  ) then
    perform engine.enqueue_read(
      'look_method', p_body ->> 'id',
      jsonb_build_object('payment_method', p_body ->> 'id'),
      null::public.booking_attempts, p_now + interval '10 seconds'
    );
  end if;
  return 'card removed';
end;
$$;
comment on function engine.note_method(engine.provider_calls, jsonb, timestamptz) is
  'Takes in what the payment provider says of a card, and stops trips that would book '
  'with a removed card.';
