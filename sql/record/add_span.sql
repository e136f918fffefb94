-- Called only where the trace is sampled: the caller has checked that. Attributes are
-- ids and codes, never a person's name or words.
create or replace function engine.add_span(
  p_trace_id uuid,
  p_span_id bigint,
  p_parent_id bigint,
  p_name text,
  p_started_at timestamptz,
  p_attributes jsonb
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.spans (
    trace_id, span_id, parent_id, name, started_at, ended_at, attributes
  )
  values (
    p_trace_id, p_span_id, p_parent_id, p_name, p_started_at,
    -- The clock may have been set back since the span began.
    greatest(p_started_at, clock_timestamp()), jsonb_strip_nulls(p_attributes)
  );
end;
$$;
comment on function engine.add_span(
  uuid, bigint, bigint, text, timestamptz, jsonb
) is 'Writes down one span, which ends now, for a sidecar to export.';
