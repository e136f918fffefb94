-- When clocks are put back, they show the same time a second time. Clocks are never put
-- back by more than three hours, nor twice within six.
create or replace function engine.earlier_reading(p_at timestamptz, p_zone text)
  returns timestamptz
  language plpgsql immutable parallel safe
as $$
declare
  v_before timestamptz := p_at - interval '3 hours';
  -- By how much the clock was put back meanwhile.
  v_back interval := (v_before at time zone p_zone) - (p_at at time zone p_zone)
    + interval '3 hours';
begin
  if v_back > interval '0'
    and (p_at - v_back) at time zone p_zone = p_at at time zone p_zone
  then
    return p_at - v_back;
  end if;
  return null;
end;
$$;
comment on function engine.earlier_reading(timestamptz, text) is
  'Returns when a clock showed the same time before it was put back; null when it was '
  'not put back.';
