-- Whether a trace is sampled is decided once, when it begins, and only while somebody
-- exports traces. If no sidecar has asked for spans within two minutes, no span is
-- written. A sidecar that exports asks every two seconds.
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
  'Returns which share of the traces that begin now has its spans written down.';
