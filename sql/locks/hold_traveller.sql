-- What a traveller has altogether (what may be spent, who is in the air when, how many
-- trips are open) is decided for one request at a time. A row is changed for that, not
-- only locked. A transaction that sees what was committed when it began (REPEATABLE
-- READ, which a role, a database or a caller may set) would not see the decision that
-- it has waited for: there the change fails with 40001, and the caller begins anew. A
-- traveller who keeps this lock keeps only themselves waiting.
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
