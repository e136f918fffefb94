-- A caller has waited for a lock in vain. The next lock is waited for half as long, so
-- that all waits in vain together last no longer than twice the first, however many
-- rows others keep locked. The setting lasts to the end of the function that set
-- lock_timeout for itself.
create or replace function engine.wait_less() returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config(
    'lock_timeout',
    greatest(
      extract(epoch from current_setting('lock_timeout')::interval) * 500, 1
    )::integer || 'ms',
    true
  );
end;
$$;
comment on function engine.wait_less() is
  'Halves lock_timeout for the rest of the function that set it for itself.';
