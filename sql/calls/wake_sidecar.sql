-- This is a doorbell and nothing more: a NOTIFY for sidecars that listen and, where
-- pg_net serves this database, one POST for those that cannot. Both may be lost or
-- doubled, because workers also poll.
create or replace function engine.wake_sidecar() returns void
  language plpgsql volatile
as $$
declare
  v_url text;
  v_secret text;
begin
  perform engine.ring('skylatch_calls');
  select e.url, e.secret into v_url, v_secret from engine.endpoint as e;
  if v_url is not null
    and current_setting('pg_net.database_name', true) = current_database()
  then
    begin
      perform net.http_post(
        v_url, '{}'::jsonb, timeout_milliseconds := 1000,
        headers := jsonb_build_object(
          'Content-Type', 'application/json',
          'Authorization', 'Bearer ' || coalesce(v_secret, '')
        )
      );
    exception when others then
      raise warning 'wake-up skipped: %', sqlerrm;
    end;
  end if;
end;
$$;
comment on function engine.wake_sidecar() is
  'Tells the sidecars that there is work; a failure to tell them is harmless.';
