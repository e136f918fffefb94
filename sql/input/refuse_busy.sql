-- What a traveller's own calls end in when others' locks were in the way: a deadlock,
-- a wait that was too long, a decision that was overtaken. It is caught in the public
-- functions, which somebody calls by hand. Catching costs a subtransaction for each
-- call: nothing beside a trip that is stated or explained, but much beside a report or
-- a tick, which try again by themselves. Not in the function that does the work: one
-- that declares a table's row waits for the table before its first block begins. Plain
-- reads and updates of a table are no functions of ours: their callers get
-- PostgreSQL's own code.
create or replace function engine.refuse_busy(p_sqlstate text) returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'SK311',
    message = 'others are at work on this: try again',
    detail = jsonb_build_object('sqlstate', left(p_sqlstate, 5)),
    hint = 'Nothing was changed. The same call can be made again at once.';
end;
$$;
comment on function engine.refuse_busy(text) is
  'Raises SK311: nothing is wrong, and nothing was done; the caller tries again.';
grant execute on function engine.refuse_busy(text)
  to authenticated, service_role, skylatch_sidecar;
