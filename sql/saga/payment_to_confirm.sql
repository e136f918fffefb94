-- What the holder of a card needs to confirm a payment, but for its client secret: no
-- table holds that, and the sidecar's endpoint reads it at Stripe for the one answer
-- (sidecar/card_holder.py). No gate and no kill switch applies, because nothing begins
-- here. The sidecar says for whom it asks.
create or replace function engine.payment_to_confirm(p_trip_id uuid, p_user_id uuid)
  returns jsonb
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_owner uuid;
begin
  select t.user_id into v_owner
  from public.trip_requests as t
  where t.id = p_trip_id
    and (engine.may_act_for(t.user_id) or session_user = 'skylatch_sidecar')
    and t.user_id = coalesce(
      p_user_id,
      case when session_user <> 'skylatch_sidecar' then t.user_id end
    );
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  return (
    select jsonb_build_object(
      'payment_intent', a.payment_intent_id,
      'payment_method', m.stripe_payment_method_id,
      'amount', a.agreed_amount::text,
      'currency', a.currency,
      'deadline', to_char(
        a.deadline_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
      )
    )
    from public.booking_attempts as a
    inner join public.payment_methods as m
      on a.user_id = m.user_id and a.payment_method_id = m.id
    where a.user_id = v_owner
      and a.trip_request_id = p_trip_id
      and a.status = 'PENDING'
      and a.state = 'AWAITING_HOLDER'
  );
end;
$$;
comment on function engine.payment_to_confirm(uuid, uuid) is
  'See public.payment_to_confirm.';
grant execute on function engine.payment_to_confirm(uuid, uuid)
  to authenticated, service_role, skylatch_sidecar;

create or replace function public.payment_to_confirm(
  p_trip_id uuid, p_user_id uuid default null
) returns jsonb
  language plpgsql stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.payment_to_confirm(p_trip_id, p_user_id);
end;
$$;
comment on function public.payment_to_confirm(uuid, uuid) is
  'Returns the payment of a trip that waits for its card''s holder, and until when; '
  'null when none does. Raises SK104.';
grant execute on function public.payment_to_confirm(uuid, uuid)
  to authenticated, service_role, skylatch_sidecar;
