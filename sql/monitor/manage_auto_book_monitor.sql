drop function if exists public.manage_auto_book_monitor(text);
create or replace function public.manage_auto_book_monitor(
  p_action text, p_reason text default null
) returns jsonb
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_action = 'trigger' then
    return jsonb_build_object('run', public.auto_book_monitor());
  elsif p_action in ('start', 'stop', 'status') then
    return engine.manage_monitor_job(p_action, p_reason);
  end if;
  raise exception using
    errcode = 'SK012',
    message = 'unknown action',
    detail = jsonb_build_object('field', 'p_action', 'value', left(p_action, 100)),
    column = 'p_action',
    hint = 'Use start, stop, status or trigger.';
end;
$$;
comment on function public.manage_auto_book_monitor(text, text) is
  'start, stop (with a reason), status: the scheduled job; trigger: one tick now.';
grant execute on function public.manage_auto_book_monitor(text, text)
  to skylatch_operator, service_role;
