-- A label of a metric is one of a closed set. A provider may send any code: one that
-- has a rule of its own is named, the others are not.
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
