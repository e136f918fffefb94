-- No traveller can lift these. At the intent (no attempt yet) it is asked without a
-- lock: two intents of different travellers may then pass together. At the last look of
-- an attempt it is asked one order at a time, so that no two orders pass together: the
-- lock lasts to the end of that short transaction and is the last one it takes. A
-- traveller's own sum is decided under the traveller's lock both times. Lock order:
-- trip_requests, the traveller, booking_attempts, provider_calls, then this.
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
  v_ceiling record;
  v_spent numeric;
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
  for v_ceiling in
    -- The traveller's own in place of everybody's; the installation's last.
    select distinct on (c.subject = 'installation', c.period)
      c.subject,
      c.period,
      case when c.currency = v_base then c.amount else 0 end as amount
    from engine.spending_ceilings as c
    where c.user_id is null or c.user_id = p_user_id
    order by c.subject = 'installation', c.period, c.user_id nulls last
  loop
    v_spent := case
      when v_ceiling.period = 'price' then 0
      else engine.spent_in_base(
        case when v_ceiling.subject <> 'installation' then p_user_id end,
        case
          when v_ceiling.period = 'total' then '-infinity'
          else date_trunc(v_ceiling.period, p_now, 'UTC')
        end,
        p_attempt_id,
        p_now
      )
    end;
    if (v_spent + v_amount <= v_ceiling.amount) is not true then
      return format(
        'It would pass %s of %s %s.',
        case v_ceiling.subject
          when 'installation' then 'what this service may spend,'
          else 'the most that you may spend,'
        end,
        engine.format_money(v_ceiling.amount, v_base),
        case v_ceiling.period
          when 'price' then 'for one booking'
          when 'total' then 'in total'
          else 'a ' || v_ceiling.period
        end
      );
    end if;
  end loop;
  return null;
end;
$$;
comment on function engine.ceiling_problem(
  uuid, text, numeric, uuid, timestamptz
) is 'Says which ceiling so much more would pass; null when none.';
