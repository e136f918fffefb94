-- A window that ends before it starts runs over midnight. An unknown time lies in no
-- window.
create or replace function engine.is_within(p_time time, p_after time, p_before time)
  returns boolean
  language sql immutable parallel safe
return p_after is null or coalesce(
  case
    when p_after <= p_before then p_time between p_after and p_before
    else p_time >= p_after or p_time <= p_before
  end,
  false
);
comment on function engine.is_within(time, time, time) is
  'Tells whether a time of day lies in a window; where there is no window every time '
  'does.';
