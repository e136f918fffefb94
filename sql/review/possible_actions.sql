-- What a person may do about a case now, what each action does, and why an action is
-- not possible yet. No hold is released while an order may exist: not until a read of
-- Duffel, 15 minutes old at the most, shows none.
create or replace function engine.possible_actions(
  p_case engine.review_cases, p_now timestamptz
)
  returns table (action text, does text, problem text)
  language sql stable
begin atomic
  with fact as (
    select
      a.*,
      -- As engine.command_attempt looks it up.
      case
        when a.state <> 'NEEDS_REVIEW' then a.state
        when d.action = 'RESUME' then a.review_from
        when d.action = 'CANCEL' and a.status = 'SUCCESS' then 'CONFIRMED'
        else a.state
      end as as_state,
      d.action,
      d.does,
      a.order_id is not null and a.order_cancelled_at is null as has_order,
      -- The order was sent and not refused, or somebody has named one.
      a.order_hint is not null or exists (
        select from engine.provider_calls as c
        where c.user_id = a.user_id
          and c.booking_attempt_id = a.id
          and c.operation = 'create_order'
          and c.sent_at is not null
          and c.verdict is distinct from 'FAIL'
          and c.verdict is distinct from 'RESEARCH'
      ) as may_have_order,
      coalesce(
        (p_case.evidence #>> '{order,read_at}')::timestamptz
          > p_now - interval '15 minutes'
        and not exists (
          select from jsonb_array_elements(p_case.evidence #> '{order,says}') as o
          where o.value ->> 'cancelled_at' is null
        ),
        false
      ) as shows_none
    from public.booking_attempts as a
    cross join (
      values
        ('ADOPT', 'Takes the order you name as this attempt''s, after the same checks, '
          'and collects the money.'),
        ('VOID', 'Releases the hold and asks the traveller to act.'),
        ('RELEASE', 'Releases the hold and searches for the trip again.'),
        ('CANCEL', 'Cancels the order for whatever the airline returns, then releases '
          'the hold or refunds.'),
        ('REFUND', 'Returns what was captured to the card.'),
        ('RESUME', 'Goes on where it stopped.')
    ) as d (action, does)
    where a.user_id = p_case.user_id and a.id = p_case.booking_attempt_id
  )

  select
    f.action,
    f.does,
    case
      when p_case.resolved_at is not null then 'the case is closed'
      when f.action in ('VOID', 'RELEASE') and f.status = 'SUCCESS'
        then 'it is booked: CANCEL or REFUND'
      when f.action in ('VOID', 'RELEASE') and f.has_order
        then 'the order exists: CANCEL it'
      when f.action in ('VOID', 'RELEASE')
        and f.may_have_order
        and f.order_cancelled_at is null
        and not f.shows_none
        then 'an order may exist: refresh_case, and look at what Duffel says'
      when f.action = 'CANCEL' and not f.has_order
        then 'no order is known, or it is cancelled'
      when f.action = 'REFUND' and f.captured_amount is null
        then 'nothing was captured'
      when f.action = 'REFUND' and f.refunded_at is not null
        then 'it was refunded'
      when f.action = 'REFUND' and f.has_order
        then 'the order exists: CANCEL it'
      when f.action = 'ADOPT' and f.order_id is not null
        then 'its order is known'
    end
  from fact as f
  inner join engine.saga_transitions as t
    on f.as_state = t.state and f.action = t.verdict
  where f.action <> 'RESUME' or f.state = 'NEEDS_REVIEW'
  union all
  select
    'VOID',
    'Releases the hold.',
    case
      when p_case.resolved_at is not null then 'the case is closed'
      when coalesce(p_case.evidence #>> '{payment,says,status}', 'unknown')
        not in (
          'requires_capture', 'requires_action', 'requires_confirmation',
          'requires_payment_method', 'processing'
        ) then 'Stripe does not say that money is held: refresh_case'
      when not exists (
        select from engine.scans as s
        where s.scan = 'orders' and s.finished_at > p_now - interval '15 minutes'
      ) then 'an order may exist: refresh_case, and look at what Duffel says'
      when exists (
        select from engine.review_cases as c
        where c.kind = 'ORPHAN_ORDER'
          and c.resolved_at is null
          and c.evidence #>> '{found,metadata,attempt_id}'
          = p_case.evidence #>> '{found,metadata,attempt_id}'
      ) then 'the order exists: cancel it first'
    end
  where p_case.kind = 'ORPHAN_PAYMENT' and p_case.booking_attempt_id is null;
end;
comment on function engine.possible_actions(engine.review_cases, timestamptz) is
  'Lists the actions of a case: what each does, and why it is not possible now.';
