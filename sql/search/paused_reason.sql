-- In one place, because a trip that says this says something else once it is searched.
create or replace function engine.paused_reason() returns text
  language plpgsql immutable
as $$
begin
  return 'Booking is paused for now. The trip waits until it goes on.';
end;
$$;
comment on function engine.paused_reason() is
  'Returns what a trip says while a switch keeps it from being searched.';
