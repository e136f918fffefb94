-- A traveller's own call may fail because of other sessions' locks: by a deadlock, by
-- too long a wait, or because another decision came first. The public functions, which
-- people call by hand, catch these failures and end in this error. To catch costs a
-- subtransaction for each call: little beside a trip that is stated or explained, but
-- much beside a report or a tick, which are repeated anyway.
-- The failures are not caught in the function that does the work, because a function
-- that declares a table's row waits for the table before its first block begins. Plain
-- reads and updates of a table are no functions of ours: there the caller gets
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
  'Raises SK311: the call was right, nothing was done, and the caller should try '
  'again.';
grant execute on function engine.refuse_busy(text)
  to authenticated, service_role, skylatch_sidecar;
