create or replace function engine.list_code(p_report engine.call_report, p_list text)
  returns text
  language plpgsql stable
as $$
begin
  return case
    when jsonb_typeof(p_report.body -> p_list) = 'array' then 'ok'
    else 'unreadable'
  end;
end;
$$;
comment on function engine.list_code(engine.call_report, text) is
  'Names the answer: the list is there, or the answer says nothing.';
