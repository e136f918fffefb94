-- A provider names an attempt that this history has lost, or an attempt whose trip
-- somebody keeps locked. Until later lists were compared, no order is sent for the trip
-- (protocol/mark_sent.sql) and no attempt begins (saga/has_live_attempt.sql).
create or replace function engine.note_lost(
  p_attempt_id uuid, p_trip_id uuid, p_facts jsonb, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  perform engine.open_trip_case(
    'LOST_ATTEMPT', p_attempt_id::text, p_trip_id,
    'An attempt of this trip may have gone further than is known here.',
    jsonb_build_object('found', p_facts), p_now
  );
end;
$$;
comment on function engine.note_lost(uuid, uuid, jsonb, timestamptz) is
  'Keeps a trip from being ordered until the providers'' next lists were compared.';
