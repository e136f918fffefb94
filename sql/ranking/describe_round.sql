-- Says why nothing was booked, with the first sentences of explain_trip. Null when no
-- search of the round was answered: then the trip keeps the reason that says so.
create or replace function engine.describe_round(p_user_id uuid, p_trip_id uuid)
  returns text
  language plpgsql stable
as $$
begin
  return (
    select concat_ws(' ', e.story #>> '{sentences,0}', e.story #>> '{sentences,1}')
    from engine.explain_trip(p_trip_id) as e (story)
    inner join public.trip_requests as t on t.id = p_trip_id
    where t.user_id = p_user_id and (e.story -> 'answered')::boolean
  );
end;
$$;
comment on function engine.describe_round(uuid, uuid) is
  'Says why no offer of the current round was booked, and what would help; null when '
  'no search was answered.';
