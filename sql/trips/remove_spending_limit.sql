create or replace function public.remove_spending_limit(
  p_currency text, p_period text, p_user_id uuid default auth.uid()
) returns boolean
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.drop_spending_limit(p_currency, p_period, p_user_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.remove_spending_limit(text, text, uuid) is
  'Removes one of a traveller''s spending limits; tells whether there was one.';
grant execute on function public.remove_spending_limit(text, text, uuid)
  to authenticated, service_role;
