create or replace function engine.check_ceilings(
  p_user_id uuid,
  p_trip_id uuid,
  p_currency text,
  p_amount numeric,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_problem text := engine.ceiling_problem(
    p_user_id, p_currency, p_amount, null, p_now
  );
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK115',
      message = 'a spending ceiling does not allow this',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = v_problem;
  end if;
end;
$$;
comment on function engine.check_ceilings(uuid, uuid, text, numeric, timestamptz) is
  'Raises SK115 when spending so much more would pass a ceiling; the hint says which '
  'one.';
