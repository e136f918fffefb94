-- Describes each slice in the form LHRJFK2026-06-15: where it starts, where it ends,
-- and the day on which it leaves by the clock there.
create or replace function engine.journey_ends(p_itinerary jsonb) returns text[]
  language plpgsql immutable parallel safe
as $$
begin
  return (
    select
      array_agg(
        (s.value #>> '{segments,0,origin}') || (s.value #>> '{segments,-1,destination}')
        || left(s.value #>> '{segments,0,departing_at}', 10)
        order by s.ordinality
      )
    from jsonb_array_elements(p_itinerary) with ordinality as s
  );
end;
$$;
comment on function engine.journey_ends(jsonb) is
  'Returns from where to where each slice of an itinerary goes, and on which day.';
