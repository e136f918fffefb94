-- A label of a metric comes from a closed set, but a provider may send any code. A code
-- that has an outcome rule of its own is the label; all other codes share one.
create or replace function engine.failure_reason(p_error_code text) returns text
  language plpgsql stable
as $$
begin
  return coalesce(
    (
      select m.value
      from engine.metric_labels() as m
      where m.label = 'reason' and m.value = p_error_code
    ),
    'other'
  );
end;
$$;
comment on function engine.failure_reason(text) is
  'Returns the reason under which a failed attempt is counted.';
