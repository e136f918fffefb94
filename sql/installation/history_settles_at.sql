-- What the former server had under way may still appear until then, so that a list
-- asked for earlier proves nothing.
create or replace function engine.history_settles_at() returns timestamptz
  language sql stable
begin atomic
  select h.noticed_at + s.in_flight_margin
  from engine.history as h
  cross join engine.money_settings as s;
end;
comment on function engine.history_settles_at() is
  'From when on the providers'' lists tell all of a lost history; null when none is.';
