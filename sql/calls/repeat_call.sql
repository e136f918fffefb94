create or replace function engine.repeat_call(p_call_id bigint, p_now timestamptz)
  returns void
  language plpgsql volatile
as $$
begin
  update engine.provider_calls as c
  set state = 'READY', again = false, tries = 0, run_at = p_now, finished_at = null
  where c.id = p_call_id and c.again;
end;
$$;
comment on function engine.repeat_call(bigint, timestamptz) is
  'Makes a call due again that was requested once more while it was under way.';
