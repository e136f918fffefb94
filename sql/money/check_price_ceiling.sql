-- A limit beyond what could ever be booked is a typing error, which is best refused
-- while the trip is stated. The last known rate will do here, because the intent and
-- the final check ask again with a fresh one. Where no rate is known, the trip may be
-- watched, but is not booked.
create or replace function engine.check_price_ceiling(p_trip public.trip_requests)
  returns void
  language plpgsql stable
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_ceiling record;
begin
  select min(n.amount) as amount, min(n.base_currency) as base_currency into v_ceiling
  from (
    select distinct on (c.subject = 'installation')
      case when c.currency = m.base_currency then c.amount else 0 end as amount,
      m.base_currency
    from engine.spending_ceilings as c
    cross join engine.money_settings as m
    where c.period = 'price' and (c.user_id is null or c.user_id = p_trip.user_id)
    order by c.subject = 'installation', c.user_id nulls last
  ) as n;
  if engine.in_base_currency(p_trip.max_price, p_trip.currency, false, v_now)
    > v_ceiling.amount
  then
    raise exception using
      errcode = 'SK021',
      message = 'the highest price is above what one booking may cost',
      detail = jsonb_build_object(
        'field', 'max_price', 'value', p_trip.max_price::text,
        'ceiling', v_ceiling.amount::text, 'currency', v_ceiling.base_currency
      ),
      column = 'max_price',
      hint = format(
        'One booking may cost %s at most; an operator may raise this ceiling.',
        engine.format_money(v_ceiling.amount, v_ceiling.base_currency)
      );
  end if;
end;
$$;
comment on function engine.check_price_ceiling(public.trip_requests) is
  'Raises SK021 when a trip''s highest price is above the ceiling for one booking.';
