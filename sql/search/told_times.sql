-- An hour that a clock shows twice is read as the second one, unless a stated duration
-- says otherwise: from London 01:20 to Dublin 01:10 in 50 minutes, the flight left
-- before the clocks went back. Of the readings that give the stated duration the latest
-- counts; null when no reading gives it.
create or replace function engine.told_times(
  p_departs_at timestamptz,
  p_arrives_at timestamptz,
  p_origin_zone text,
  p_destination_zone text,
  p_duration interval
) returns timestamptz[]
  language plpgsql immutable parallel safe
as $$
declare
  v_departs timestamptz := engine.earlier_reading(p_departs_at, p_origin_zone);
  v_arrives timestamptz := engine.earlier_reading(p_arrives_at, p_destination_zone);
begin
  return case p_duration
    when p_arrives_at - p_departs_at then array[p_departs_at, p_arrives_at]
    when p_arrives_at - v_departs then array[v_departs, p_arrives_at]
    when v_arrives - p_departs_at then array[p_departs_at, v_arrives]
    when v_arrives - v_departs then array[v_departs, v_arrives]
  end;
end;
$$;
comment on function engine.told_times(
  timestamptz, timestamptz, text, text, interval
) is 'Returns the reading of ambiguous clock times that gives the stated duration.';
