-- Takes the place of the privilege to delete, with which a caller could also lock the
-- whole table and stop everybody. Definer: callers may not delete.
create or replace function engine.remove_spending_limit(
  p_currency text, p_period text, p_user_id uuid
) returns boolean
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform engine.require_size('p_currency', array[p_currency], 1, 100);
  perform engine.require_size('p_period', array[p_period], 1, 100);
  delete from public.spending_limits as l
  where l.user_id = p_user_id
    and l.currency = p_currency
    and l.period = p_period
    and engine.may_act_for(l.user_id);
  return found;
end;
$$;
comment on function engine.remove_spending_limit(text, text, uuid) is
  'See public.remove_spending_limit.';
grant execute on function engine.remove_spending_limit(text, text, uuid)
  to authenticated, service_role;

create or replace function public.remove_spending_limit(
  p_currency text, p_period text, p_user_id uuid default auth.uid()
) returns boolean
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.remove_spending_limit(p_currency, p_period, p_user_id);
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
