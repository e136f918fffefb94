-- Some decisions concern a traveller as a whole: what they may spend, when they are in
-- the air, how many trips they have open. These are made for one request at a time.
-- For that the traveller's row is changed, not only locked. A transaction that sees
-- only what was committed when it began (REPEATABLE READ, which a role, a database or a
-- caller may set) would not see the decision that it has waited for. There the change
-- fails with 40001, and the caller begins anew. A traveller who keeps this lock delays
-- nobody else.
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
  'Lets one decision at a time be made for a traveller, by changing the traveller''s '
  'row; returns the row.';
