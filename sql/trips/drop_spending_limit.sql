-- Instead of the privilege to delete, with which a caller may also lock the whole table
-- and stop everybody. Definer: callers may not delete.
create or replace function engine.drop_spending_limit(
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
comment on function engine.drop_spending_limit(text, text, uuid) is
  'See remove_spending_limit.';
grant execute on function engine.drop_spending_limit(text, text, uuid)
  to authenticated, service_role;
