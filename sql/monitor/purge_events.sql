-- Removes old events, a batch at a time. A provider repeats a delivery for three days,
-- its signature is valid for five minutes, and a sweep overlaps the one before by half
-- an hour. So after a quarter of a year nothing asks for an event any more. An event
-- that was not applied yet stays.
create or replace function engine.purge_events(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_removed integer;
begin
  delete from engine.provider_events as e
  where e.ctid = any (array(
    select d.ctid
    from engine.provider_events as d
    where d.received_at < p_now - interval '90 days' and d.state <> 'RECEIVED'
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;
comment on function engine.purge_events(integer, timestamptz) is
  'Removes at most so many old events that were applied; returns how many.';
