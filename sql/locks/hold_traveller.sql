-- What holds for all that a traveller has together (what they may spend, where they can
-- be, how many trips are open) is decided and counted for one at a time. By a change of
-- a row, not by a lock alone: where a transaction sees only what was committed when it
-- began (REPEATABLE READ, which a role, a database or a caller may set), waiting is not
-- enough, because the decision it waited for stays unseen. The change fails there with
-- 40001, and whoever called begins anew. A traveller who keeps this lock waits alone.
-- Lock order: trip_requests, then this, then booking_attempts.
create or replace function engine.hold_traveller(p_user_id uuid)
  returns engine.travellers
  language plpgsql volatile
as $$
declare
  v_traveller engine.travellers;
begin
  insert into engine.travellers as t (user_id)
  values (p_user_id)
  on conflict (user_id) do update set decisions = t.decisions + 1
  returning t.* into v_traveller;
  return v_traveller;
end;
$$;
comment on function engine.hold_traveller(uuid) is
  'Lets one thing at a time be decided or counted for a traveller; returns their row.';
