-- What the flags said when an attempt began, to be read after the fact.
create or replace function engine.pin_flags(p_user_id uuid) returns jsonb
  language plpgsql stable
as $$
declare
  v_context text := engine.flag_context(p_user_id);
begin
  return (
    select
      jsonb_object_agg(
        f.flag, engine.evaluate_flag(f.flag, v_context) - array['detail', 'doubt']
      )
    from engine.flag_register as f
  );
end;
$$;
comment on function engine.pin_flags(uuid) is
  'The registered flags for a traveller: value, variation, reason, generation of each.';
