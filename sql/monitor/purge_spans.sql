-- A sidecar that exported spans and went away leaves the spans of two minutes behind.
create or replace function engine.purge_spans(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_most constant integer := 100000;
  v_removed integer;
begin
  delete from engine.spans as s
  where s.id = any (array(
    select d.id
    from engine.spans as d
    where d.ended_at < p_now - interval '1 hour'
      or d.id <= (select max(n.id) from engine.spans as n) - v_most
    order by d.id
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;
comment on function engine.purge_spans(integer, timestamptz) is
  'Removes at most so many spans that nobody exported; returns how many.';
