-- No traveller can lift a ceiling. At the intent, when there is no attempt yet, the
-- check takes no lock, so two intents of different travellers may pass together. At the
-- final check of an attempt, the check is made for one order at a time, so that no two
-- orders pass together: its lock lasts to the end of that short transaction, and is the
-- last lock taken there. A traveller's own sum is decided under the traveller's lock
-- both times.
-- Lock order: trip_requests, the traveller, booking_attempts, provider_calls, then
-- this.
create or replace function engine.ceiling_problem(
  p_user_id uuid,
  p_currency text,
  p_amount numeric,
  p_attempt_id uuid,
  p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_amount numeric := engine.in_base_currency(p_amount, p_currency, true, p_now);
  v_is_everybodys boolean;
  v_periods text[];
  v_amounts numeric[];
  v_since timestamptz[];
  v_spent numeric[];
begin
  if v_amount is null then
    return format(
      'There is no exchange rate from %s to %s to compare it with the spending ceiling.',
      p_currency, v_base
    );
  end if;
  if p_attempt_id is not null then
    perform pg_advisory_xact_lock(7302029, 0);
  end if;
  -- The installation's last.
  foreach v_is_everybodys in array array[false, true] loop
    select array_agg(o.period), array_agg(o.amount), array_agg(o.since)
    into v_periods, v_amounts, v_since
    from (
      -- The traveller's own in place of everybody's.
      select distinct on (c.period)
        c.period,
        case when c.currency = v_base then c.amount else 0 end as amount,
        case c.period
          when 'price' then 'infinity'
          when 'total' then '-infinity'
          else date_trunc(c.period, p_now, 'UTC')
        end as since
      from engine.spending_ceilings as c
      where (c.subject = 'installation') = v_is_everybodys
        and (c.user_id is null or c.user_id = p_user_id)
      order by c.period, c.user_id nulls last
    ) as o;
    v_spent := engine.spent_in_base(
      case when not v_is_everybodys then p_user_id end, v_since, p_attempt_id, p_now
    );
    for v_no in 1..coalesce(cardinality(v_periods), 0) loop
      if (
        case v_periods[v_no] when 'price' then 0 else v_spent[v_no] end + v_amount
        <= v_amounts[v_no]
      ) is not true then
        return format(
          'It would pass %s of %s %s.',
          case
            when v_is_everybodys then 'what this service may spend,'
            else 'the most that you may spend,'
          end,
          engine.format_money(v_amounts[v_no], v_base),
          case v_periods[v_no]
            when 'price' then 'for one booking'
            when 'total' then 'in total'
            else 'a ' || v_periods[v_no]
          end
        );
      end if;
    end loop;
  end loop;
  return null;
end;
$$;
comment on function engine.ceiling_problem(
  uuid, text, numeric, uuid, timestamptz
) is 'Says which ceiling would be passed by spending so much more; null when none.';
