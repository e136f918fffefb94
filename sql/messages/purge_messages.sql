-- Removes messages that are older than they are kept, and with them their deliveries.
create or replace function engine.purge_messages(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_removed integer;
begin
  delete from public.notifications as n
  where n.ctid = any (array(
    select d.ctid
    from public.notifications as d
    where d.created_at < p_now - (select s.keep_for from engine.message_settings as s)
      and not exists (
        select from engine.deliveries as v
        where v.user_id = d.user_id and v.notification_id = d.id and v.state = 'OPEN'
      )
    order by d.created_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;
comment on function engine.purge_messages(integer, timestamptz) is
  'Removes at most so many old messages; returns how many.';
