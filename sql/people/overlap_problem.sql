-- Nobody can take two flights at once, and airlines cancel a passenger who is booked on
-- both. This is asked when the intent is committed, and again before the order leaves,
-- because an airline may have moved the other flight meanwhile. The caller holds the
-- traveller's lock.
create or replace function engine.overlap_problem(p_user_id uuid, p_attempt_id uuid)
  returns text
  language plpgsql stable
as $$
declare
  v_other text;
begin
  select coalesce(o.booking_reference, 'a booking in flight') into v_other
  from engine.overlapping_attempts(p_user_id, p_attempt_id) as o
  order by o.booking_reference
  limit 1;
  return 'A passenger is on another flight of yours at that time: ' || v_other || '.';
end;
$$;
comment on function engine.overlap_problem(uuid, uuid) is
  'Says that a passenger of an attempt flies elsewhere during it; null when nobody.';
