-- Sampling is decided once, when a trace is born, and only for somebody who exports:
-- where no sidecar has asked for spans within two minutes, none is written. A sidecar
-- asks every two seconds.
create or replace function engine.trace_ratio(p_now timestamptz)
  returns double precision
  language plpgsql stable
as $$
declare
  v_ratio double precision;
begin
  select s.ratio into v_ratio
  from engine.trace_settings as s
  where s.exporter_seen_at > p_now - interval '2 minutes';
  return coalesce(v_ratio, 0);
end;
$$;
comment on function engine.trace_ratio(timestamptz) is
  'The share of the traces born now whose spans are written down.';
