-- The one place that notifies. Whoever may log in may fill the server's queue of
-- notifications, by one session that listens and never reads: then every transaction
-- that notifies fails at its end, whatever it was about. So nothing is said when the
-- queue is half full: whoever listens also polls.
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
  'Notifies whoever listens on a channel, unless the queue fills up.';
