-- An answer that is not about the requested object says nothing.
create or replace function engine.object_code(
  p_call engine.provider_calls, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return case
    when p_report.body ->> 'id' = p_call.object_id then 'ok'
    else 'unreadable'
  end;
end;
$$;
comment on function engine.object_code(engine.provider_calls, engine.call_report) is
  'Names the answer of a read of one object.';
