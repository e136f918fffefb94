-- To call this function is the same as to name the version in an update; row level
-- security finds the trip.
create or replace function public.consent_to_trip(
  p_trip_id uuid, p_consent_text_version text
) returns timestamptz
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_at timestamptz;
begin
  if p_consent_text_version is null then
    raise exception using
      errcode = 'SK006',
      message = 'automatic booking needs the traveller''s consent',
      detail = jsonb_build_object('field', 'consent_text_version', 'value', null),
      column = 'consent_text_version',
      hint = 'Show the consent text and pass the version that was agreed to.';
  end if;
  update public.trip_requests as t
  set consent_text_version = p_consent_text_version
  where t.id = p_trip_id
  returning t.consent_at into v_at;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Only the traveller''s own trips can be used.';
  end if;
  return v_at;
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.consent_to_trip(uuid, text) is
  'Agrees to a trip as it is now, under a published text; returns when the consent was '
  'given.';
grant execute on function public.consent_to_trip(uuid, text)
  to authenticated, service_role;
