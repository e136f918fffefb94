-- A scan finds the same thing again and again. A case that a person has closed is not
-- opened a second time. Null when the case is open already or was closed, so that what
-- follows from opening a case happens once.
create or replace function engine.find_case(
  p_kind text,
  p_object_id text,
  p_attempt public.booking_attempts,
  p_summary text,
  p_evidence jsonb,
  p_now timestamptz
) returns bigint
  language plpgsql volatile
as $$
begin
  if exists (
    select from engine.review_cases as c
    where c.kind = p_kind and c.object_id = p_object_id
  ) then
    return null;
  end if;
  return engine.open_case(
    p_kind, p_object_id, p_attempt, p_summary, p_evidence, p_now
  );
end;
$$;
comment on function engine.find_case(
  text, text, public.booking_attempts, text, jsonb, timestamptz
) is
  'Opens a case the first time that something is found and returns its id; returns '
  'null afterwards.';
