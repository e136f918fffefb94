-- A list that was read to its end. What is compared next time begins at the moment this
-- one was asked for.
create or replace function engine.finish_scan(
  p_scan text, p_call engine.provider_calls, p_found integer, p_now timestamptz
) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_history text := engine.present_history();
begin
  insert into engine.scans as s (
    scan, provider, scanned_to, finished_at, found, history
  )
  select
    p_scan, o.provider, coalesce(p_call.claimed_at, p_now), p_now, p_found,
    p_call.payload ->> 'history'
  from engine.operations as o
  where o.operation = p_call.operation
  on conflict (scan) do update
  set
    scanned_to = greatest(s.scanned_to, excluded.scanned_to),
    finished_at = excluded.finished_at,
    found = excluded.found,
    history = excluded.history;
  if engine.history_problem() is not null and (
    select count(*) = 2
    from engine.scans as s
    where s.scan in ('orders', 'payments') and s.history = v_history
  ) then
    perform engine.confirm_history(p_now);
  end if;
end;
$$;
comment on function engine.finish_scan(
  text, engine.provider_calls, integer, timestamptz
) is 'Notes how far a list was compared; the second one confirms the history.';
