-- A copy that is to live beside its original needs a name of its own; otherwise each
-- would take the other's orders and payments for its own. What was made under the
-- former name stays the original's: the copy neither judges nor reads it. An attempt in
-- flight would be finished by both, so a database is copied while nothing is in flight.
-- Definer: operators have no rights on tables.
create or replace function engine.renew_installation(p_reason text) returns uuid
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_former uuid := (select i.id from engine.installation as i);
  v_new uuid := gen_random_uuid();
  v_live integer := (
    select count(*)
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
  );
begin
  if v_live > 0 then
    raise exception using
      errcode = 'SK309',
      message = 'attempts are in flight',
      detail = jsonb_build_object('attempts', v_live),
      hint = 'Copy a database at rest: engage the kill switch in the original, wait until '
        'nothing is in flight, then copy it.';
  end if;
  insert into engine.installation_changes (at, set_by, reason, former_id, new_id)
  values (
    clock_timestamp(),
    engine.caller(),
    engine.require_text('p_reason', p_reason),
    v_former,
    v_new
  );
  insert into engine.installation as i (id, made_at)
  values (v_new, clock_timestamp())
  on conflict (only_row) do update
  set id = excluded.id, made_at = excluded.made_at;
  update public.flight_bookings as b
  set next_look_at = null
  where b.status = 'CONFIRMED' and b.next_look_at is not null;
  return v_new;
end;
$$;
comment on function engine.renew_installation(text) is
  'Gives a copy of an installation a name of its own, for a reason, and returns the '
  'name; raises SK016 or SK309.';
grant execute on function engine.renew_installation(text) to skylatch_operator;
