-- A name or a passport number looks like any other text, so only secrets with a form
-- can be found. Server logs cannot be checked from here.
create or replace function engine.no_card_number_or_secret_in_a_text(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select t.place, 'take it out at once', t.at
  from (
    select
      'booking_attempts ' || a.id as place, a.state_changed_at as at,
      concat_ws(' ', a.error_code, a.error_message, a.order_hint) as body
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    union all
    select 'booking_events ' || e.id, e.at, concat_ws(' ', e.reason, e.detail)
    from engine.booking_events as e
    where e.at >= p_since
    union all
    select
      'provider_calls ' || c.id, a.state_changed_at,
      concat_ws(' ', c.payload, c.error_code)
    from public.booking_attempts as a
    inner join engine.provider_calls as c
      on a.user_id = c.user_id and a.id = c.booking_attempt_id
    where a.state_changed_at >= p_since
    union all
    select
      format('provider_events %s %s', e.provider, e.event_id), e.received_at,
      concat_ws(' ', e.hints, e.outcome)
    from engine.provider_events as e
    where e.received_at >= p_since
    union all
    select
      'review_cases ' || r.id, greatest(r.opened_at, r.evidence_at, r.resolved_at),
      concat_ws(' ', r.summary, r.evidence, r.resolution)
    from engine.review_cases as r
    where greatest(r.opened_at, r.evidence_at, r.resolved_at) >= p_since
  ) as t
  -- Most texts hold nothing that could be a secret, which is quickly checked.
  where t.body collate "C" ~* '_(live|test)_|whsec_|-----BEGIN|[3-6]( ?[0-9]){12}'
    and engine.holds_secret(t.body);
end;
$$;
comment on function engine.no_card_number_or_secret_in_a_text(timestamptz) is
  'Rows that break the promise: no card number or secret in a text.';
