-- To evaluate a flag changes no row, so a connection counts its evaluations in memory.
-- This function writes the counts down where the connection writes anyway. Each count
-- is a new row: a shared row would make bookings wait for each other.
create or replace function engine.record_flag_usage() returns void
  language plpgsql volatile
as $$
declare
  v_usage jsonb := engine.take_flag_usage();
begin
  if v_usage is not null then
    insert into engine.flag_usage_parts (day, flag, variation, reason, evaluations)
    select
      (clock_timestamp() at time zone 'UTC')::date,
      u.flag,
      u.variation,
      u.reason,
      u.evaluations
    from jsonb_to_recordset(v_usage)
      as u (flag text, variation bigint, reason text, evaluations bigint);
  end if;
end;
$$;
comment on function engine.record_flag_usage() is
  'Writes down how often this connection has evaluated each flag.';
