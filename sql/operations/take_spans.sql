-- A sidecar that exports takes the spans that are there, each span once. The call also
-- shows that somebody exports: sampling goes on for two minutes. Several sidecars may
-- ask at once. Spans that were taken are lost if their sidecar dies: a trace is a help
-- and not the record, which is engine.booking_events.
create or replace function engine.take_spans(p_limit integer)
  returns table (
    trace_id uuid,
    span_id bigint,
    parent_id bigint,
    name text,
    started_at timestamptz,
    ended_at timestamptz,
    attributes jsonb
  )
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update engine.trace_settings as s
  set exporter_seen_at = v_now
  from (
    select f.only_row
    from engine.trace_settings as f
    where coalesce(f.exporter_seen_at, '-infinity') not between
      v_now - interval '20 seconds' and v_now
    for no key update skip locked
  ) as free
  where s.only_row = free.only_row;
  return query
  delete from engine.spans as s
  where s.id = any (array(
    select f.id
    from engine.spans as f
    order by f.id
    limit least(p_limit, 5000)
    for update skip locked
  ))
  returning
    s.trace_id, s.span_id, s.parent_id, s.name, s.started_at, s.ended_at, s.attributes;
end;
$$;
comment on function engine.take_spans(integer) is
  'Returns and removes at most so many spans to be exported, and records that somebody '
  'exports.';
grant execute on function engine.take_spans(integer) to skylatch_sidecar;
