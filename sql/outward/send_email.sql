-- Sends one message to its traveller. A mail server's replies are numbers with the same
-- classes as HTTP's: 2xx taken, 4xx later, 5xx never. A message whose reply was lost is
-- sent again under the same Message-ID, by which mail programs know it. Failures do not
-- hold up the operation: many are the address's own, and would keep everybody waiting.
select engine.define_operation(
  'send_email', 'mail', p_lease => '120 seconds', p_max_tries => 12,
  p_waits => array[
    '5 seconds', '30 seconds', '2 minutes', '10 minutes', '30 minutes', '1 hour',
    '2 hours', '4 hours', '8 hours', '12 hours', '24 hours'
  ]::interval[]
);
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, reason
)
values
  ('send_email', '*', '*', 'RETRY', null, null),
  ('send_email', '2xx', 'ok', 'OK', null, null),
  ('send_email', '5xx', '*', 'FAIL', 'PENDING', 'The mail server refused it.');

create or replace function engine.send_email_request(p_call engine.provider_calls)
  returns jsonb
  language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'message_id', n.id,
      'to', u.email,
      'language', coalesce(p.language, 'en'),
      'time_zone', coalesce(p.time_zone, 'UTC'),
      'kind', n.kind,
      'at', n.created_at,
      'trip_id', n.trip_request_id,
      'facts', n.facts,
      'booking', case
        when n.flight_booking_id is not null
          then engine.booking_letter(n.user_id, n.flight_booking_id)
      end
    )
    from engine.deliveries as d
    inner join public.notifications as n
      on d.user_id = n.user_id and d.notification_id = n.id
    inner join auth.users as u on d.user_id = u.id
    left join public.notification_preferences as p on d.user_id = p.user_id
    where d.id = p_call.delivery_id and u.email is not null
  );
end;
$$;
comment on function engine.send_email_request(engine.provider_calls) is
  'Returns what a letter is made of, in the language of its reader; null without an '
  'address.';

create or replace function engine.send_email_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return case when p_report.http_status < 300 then 'ok' else 'unexpected' end;
end;
$$;
comment on function engine.send_email_code(engine.call_report) is
  'Names the answer: the mail server took the message, or something else happened.';
