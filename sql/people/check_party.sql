create or replace function engine.check_party(p_user_id uuid, p_trip_id uuid)
  returns void
  language plpgsql stable
as $$
declare
  v_field text := engine.party_problem(p_user_id, p_trip_id);
begin
  if v_field = 'passengers' then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object(
        'field', v_field,
        'people', (
          select count(*) from public.trip_passengers as p
          where p.user_id = p_user_id and p.trip_request_id = p_trip_id
        )
      ),
      column = v_field,
      hint = 'Name one to nine passengers, nobody twice, at least one adult, and an adult '
        'per infant. An adult is 18 when the journey begins.';
  elsif v_field is not null then
    raise exception using
      errcode = 'SK008',
      message = 'a passenger is not complete',
      detail = jsonb_build_object('field', v_field, 'trip', p_trip_id),
      column = v_field,
      hint = 'Complete the travellers'' profiles: airlines need birth date, title, gender, '
        'e-mail and phone number of everybody who flies.';
  end if;
end;
$$;
comment on function engine.check_party(uuid, uuid) is
  'Raises SK008 or SK010 unless the trip''s passengers can fly on one order.';
