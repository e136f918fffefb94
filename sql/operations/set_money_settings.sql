-- A setting that is not named keeps its value. The bounds are narrow, because one
-- person alone sets these: with a wide `rate_jump`, for instance, no rate would need a
-- second person. A new base currency voids every ceiling until the ceiling is set in
-- that currency (spending_ceilings.currency), because the same number would be another
-- amount. The margin for a history that has changed
-- (installation/history_settles_at.sql) is at least the lease of an order, after which
-- no sidecar waits for the order's answer. Definer: operators have no rights on tables.
create or replace function engine.set_money_settings(
  p_reason text,
  p_base_currency text default null,
  p_rate_jump numeric default null,
  p_rate_tolerance numeric default null,
  p_in_flight_margin interval default null
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_field text;
  v_settings jsonb;
begin
  v_field := case
    when p_base_currency is not null and not exists (
      select from engine.currencies as c where c.code = p_base_currency
    ) then 'base_currency'
    when not (p_rate_jump > 0 and p_rate_jump <= 0.25) then 'rate_jump'
    when not (p_rate_tolerance >= 0 and p_rate_tolerance <= 0.10) then 'rate_tolerance'
    when not (
      p_in_flight_margin between (
        select max(o.lease) from engine.operations as o where o.marks_sent
      ) and interval '1 hour'
    ) then 'in_flight_margin'
  end;
  if v_field is not null then
    perform engine.refuse_setting(
      v_field,
      case v_field
        when 'base_currency' then p_base_currency
        when 'rate_jump' then p_rate_jump::text
        when 'in_flight_margin' then p_in_flight_margin::text
        else p_rate_tolerance::text
      end,
      'The base currency is an ISO 4217 code; the jump of rates is a share up to '
      '0.25, their tolerance one up to 0.10; the margin is from the lease of an order '
      'up to an hour.'
    );
  end if;
  update engine.money_settings as s
  set
    base_currency = coalesce(p_base_currency, s.base_currency),
    rate_jump = coalesce(p_rate_jump, s.rate_jump),
    rate_tolerance = coalesce(p_rate_tolerance, s.rate_tolerance),
    in_flight_margin = coalesce(p_in_flight_margin, s.in_flight_margin)
  returning to_jsonb(s) - 'only_row' into v_settings;
  insert into engine.money_settings_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_money_settings(
  text, text, numeric, numeric, interval
) is
  'Changes the money settings that are named, for a reason; returns all settings. '
  'Raises SK016 or SK023.';
grant execute on function
  engine.set_money_settings(text, text, numeric, numeric, interval)
  to skylatch_operator;
