-- This function alone sends notifications. Any login can fill the server's queue of
-- notifications with one session that listens and never reads; then every transaction
-- that notifies fails at its end, whatever it was about. So this function sends nothing
-- once the queue is half full: all listeners also poll.
create or replace function engine.ring(p_channel text) returns void
  language plpgsql volatile
as $$
begin
  if pg_notification_queue_usage() < 0.5 then
    perform pg_notify(p_channel, '');
  end if;
end;
$$;
comment on function engine.ring(text) is
  'Notifies the listeners of a channel, unless the server''s queue is half full.';
