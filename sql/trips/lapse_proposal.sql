-- What was proposed was for the trip as it was. A change of its wishes or its party, a
-- pause, a resume and a cancellation all raise the version. Definer: travellers do not
-- write proposals.
create or replace function engine.lapse_proposal() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  update public.offer_proposals as p
  set
    state = 'LAPSED',
    state_changed_at = clock_timestamp(),
    reason = 'the trip was changed'
  where p.user_id = new.user_id
    and p.trip_request_id = new.id
    and p.state = 'OPEN';
  return null;
end;
$$;
comment on function engine.lapse_proposal() is
  'Trigger that closes what was proposed for a trip that is another now.';

create or replace trigger trip_requests_lapse_proposal
after update on public.trip_requests
for each row when (old.version is distinct from new.version)
execute function engine.lapse_proposal();
