-- The amount is in the base currency. A ceiling for one traveller ('traveller' with an
-- id) replaces the general one for that traveller. The ceilings of the installation
-- hold beside both. Definer: operators have no rights on tables.
create or replace function engine.set_spending_ceiling(
  p_subject text,
  p_period text,
  p_amount numeric,
  p_reason text,
  p_user_id uuid default null
) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_base text := (select m.base_currency from engine.money_settings as m);
  v_field text;
begin
  v_field := case
    when p_subject in ('installation', 'everybody', 'traveller') is not true
      then 'subject'
    when p_period in ('price', 'day', 'month', 'total') is not true then 'period'
    when (p_subject = 'traveller') <> (p_user_id is not null)
      or p_user_id is not null
      and not exists (select from auth.users as u where u.id = p_user_id) then 'user_id'
    when (p_amount >= 0 and p_amount < 1000000000000 and scale(p_amount) <= 3) is not true
      then 'amount'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field
        when 'subject' then p_subject
        when 'period' then p_period
        when 'user_id' then p_user_id::text
        else p_amount::text
      end,
      'A ceiling is of installation, everybody or a traveller who is named; for a '
      'price, a day, a month or in total; and an amount of the base currency.'
    );
  end if;
  insert into engine.spending_ceilings as c (subject, user_id, period, amount, currency)
  values (p_subject, p_user_id, p_period, p_amount, v_base)
  on conflict on constraint spending_ceilings_user_id_key do update
  set amount = excluded.amount, currency = excluded.currency;
  insert into engine.spending_ceiling_changes (
    at, actor, reason, subject, user_id, period, amount, currency
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_subject, p_user_id, p_period,
    p_amount, v_base
  );
end;
$$;
comment on function engine.set_spending_ceiling(text, text, numeric, text, uuid) is
  'Sets a ceiling, the most that may be spent, for a reason; raises SK016 or SK023.';
grant execute on function engine.set_spending_ceiling(text, text, numeric, text, uuid)
  to skylatch_operator;
