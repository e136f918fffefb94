-- Quiet hours are by the clock of the traveller's zone, and may pass midnight. What is
-- urgent goes out at once.
create or replace function engine.deliver_at(
  p_preferences public.notification_preferences, p_is_urgent boolean, p_now timestamptz
) returns timestamptz
  language plpgsql stable
as $$
declare
  v_local constant timestamp := p_now at time zone p_preferences.time_zone;
  -- Where the hours pass midnight, it is quiet outside of the hours between.
  v_is_quiet constant boolean := case
    when p_preferences.quiet_from < p_preferences.quiet_until
      then v_local::time >= p_preferences.quiet_from
        and v_local::time < p_preferences.quiet_until
    else v_local::time >= p_preferences.quiet_from
      or v_local::time < p_preferences.quiet_until
  end;
  v_until timestamp := v_local::date + p_preferences.quiet_until;
begin
  if p_is_urgent or v_is_quiet is not true then
    return p_now;
  end if;
  if v_until <= v_local then
    v_until := v_until + interval '1 day';
  end if;
  return v_until at time zone p_preferences.time_zone;
end;
$$;
comment on function engine.deliver_at(
  public.notification_preferences, boolean, timestamptz
) is 'Returns when a message may go out: now, or at the end of the quiet hours.';
