-- A request whose body is refused leaves only a count. The reasons are a closed set, so
-- that no text of a forger reaches a row. Definer: the sidecar has no rights on tables.
create or replace function engine.refuse_events(
  p_provider text, p_reason text, p_times bigint
) returns void
  language sql volatile
  security definer
begin atomic
  insert into engine.refused_events as r (provider, day, reason, refused)
  values (
    p_provider,
    (clock_timestamp() at time zone 'UTC')::date,
    case
      when p_reason in (
        'no_secret', 'no_signature', 'malformed_signature', 'bad_signature', 'too_old',
        'in_the_future', 'too_large', 'cut_short', 'too_slow', 'unreadable', 'no_event',
        'wrong_mode'
      ) then p_reason
      else 'other'
    end,
    p_times
  )
  on conflict (provider, day, reason) do update
  set refused = r.refused + excluded.refused;
end;
comment on function engine.refuse_events(text, text, bigint) is
  'Adds refused callbacks to the day''s count for their provider and reason.';
grant execute on function engine.refuse_events(text, text, bigint) to skylatch_sidecar;
