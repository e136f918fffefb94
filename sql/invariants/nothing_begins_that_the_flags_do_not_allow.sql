create or replace function engine.nothing_begins_that_the_flags_do_not_allow(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    a.id::text, a.flags::text,
    a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and (
      a.flags #> '{auto_booking_pipeline_enabled,value}' is distinct from 'true'
      or a.flags #> '{auto_booking_emergency_disable,value}' is distinct from 'false'
    );
end;
$$;
comment on function engine.nothing_begins_that_the_flags_do_not_allow(timestamptz) is
  'Rows that break the promise: nothing begins that the flags do not allow.';
