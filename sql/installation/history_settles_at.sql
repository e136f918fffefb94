-- Until this moment, an order or a payment that the former server had under way may
-- still appear at a provider. So a list that was asked for earlier proves nothing.
create or replace function engine.history_settles_at() returns timestamptz
  language sql stable
begin atomic
  select h.noticed_at + s.in_flight_margin
  from engine.history as h
  cross join engine.money_settings as s;
end;
comment on function engine.history_settles_at() is
  'Returns from when on the providers'' lists show all of a lost history; null when no '
  'history was lost.';
