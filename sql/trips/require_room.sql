-- A limit on open trips and profiles keeps one traveller from filling the tables that
-- everybody's requests read.
create or replace function engine.require_room(p_user_id uuid, p_relation text)
  returns void
  language plpgsql volatile
as $$
declare
  v_limit integer;
  v_count integer;
begin
  perform engine.hold_traveller(p_user_id);
  if p_relation = 'trip_requests' then
    select l.open_trips into v_limit from engine.traveller_limits as l;
    select count(*) into v_count
    from public.trip_requests as t
    where t.user_id = p_user_id
      and t.auto_book_status in (
        'PENDING', 'BOOKING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED'
      );
  else
    select l.profiles into v_limit from engine.traveller_limits as l;
    select count(*) into v_count
    from public.traveler_profiles as f where f.user_id = p_user_id;
  end if;
  if (v_count < v_limit) is not true then
    raise exception using
      errcode = 'SK117',
      message = 'the traveller has as many of these as one may have',
      detail = jsonb_build_object('table', p_relation, 'limit', v_limit),
      hint = case p_relation
        when 'trip_requests' then 'Cancel a trip that is not needed any more first.'
        else 'Change a profile that is not needed any more instead.'
      end;
  end if;
end;
$$;
comment on function engine.require_room(uuid, text) is
  'Raises SK117 when the traveller has as many open trips, or profiles, as they may '
  'have.';
