-- Whether booking is on, and why not. The question is asked for an unknown traveller,
-- who gets what the flags serve to everybody whom no rule names. What this connection
-- has counted is written down first. The question itself is not counted, because no
-- traveller asks.
create or replace function engine.switch_metrics(p_now timestamptz)
  returns table (name text, labels jsonb, value numeric)
  language plpgsql volatile
as $$
declare
  c_nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  v_context text := engine.flag_context(c_nobody);
begin
  perform engine.record_flag_usage();
  return query
  select
    'skylatch_booking_on', '{}'::jsonb,
    (engine.flag_problem(c_nobody, p_now) is null)::integer::numeric
  union all
  select
    'skylatch_flag_served', jsonb_build_object('flag', f.value),
    case engine.evaluate_flag(f.value, v_context) -> 'value'
      when 'true' then 1
      when 'false' then 0
      else -1
    end
  from engine.metric_labels() as f
  where f.label = 'flag'
  union all
  -- Without its row the kill switch counts as engaged, as in flag_problem.
  select
    'skylatch_kill_switch', '{}',
    coalesce((select k.engaged from engine.kill_switch as k), true)::integer
  union all
  select m.name, '{}', m.value
  from (select 1) as one
  left join engine.flag_sync as s on true
  cross join lateral (
    values
    ('skylatch_flags_generation', coalesce(s.generation, 0)::numeric),
    ('skylatch_flags_age_seconds', engine.seconds_since(s.heartbeat_at, p_now)),
    (
      'skylatch_flags_stale',
      (
        s.initialized is distinct from true
        or engine.is_recent(s.heartbeat_at, s.stale_after, p_now) is not true
      )::integer
    )
  ) as m (name, value)
  union all
  select
    'skylatch_history_confirmed', '{}',
    (engine.history_problem() is null)::integer;
  perform engine.take_flag_usage();
end;
$$;
comment on function engine.switch_metrics(timestamptz) is
  'Returns whether booking is on, the flags, the kill switch and the history.';
