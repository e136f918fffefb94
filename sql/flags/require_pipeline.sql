create or replace function engine.require_pipeline(p_user_id uuid, p_now timestamptz)
  returns void
  language plpgsql stable
as $$
declare
  v_problem text := engine.flag_problem(p_user_id, p_now);
begin
  if v_problem is not null then
    raise exception using
      errcode = 'SK201',
      message = 'automatic booking is switched off',
      detail = jsonb_build_object('reason', v_problem),
      hint = 'Nothing was searched or bought. Try again when the reason is gone.';
  end if;
end;
$$;
comment on function engine.require_pipeline(uuid, timestamptz) is
  'Raises SK201 with the reason when automatic booking is off for this traveller.';
