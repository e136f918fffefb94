-- Tells an application's endpoint of one event, signed as Standard Webhooks has it. The
-- message's id is the same at every try, so that the application can drop a repetition.
-- Any answer but 2xx is tried again for three days, as the standard advises; 410 says
-- that nothing more is wanted.
select engine.define_operation(
  'send_webhook', 'app', p_lease => '60 seconds', p_max_tries => 10,
  p_waits => array[
    '5 seconds', '1 minute', '5 minutes', '30 minutes', '2 hours', '5 hours',
    '10 hours', '14 hours', '20 hours', '24 hours'
  ]::interval[]
);
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, reason
)
values
  ('send_webhook', '*', '*', 'RETRY', null, null),
  ('send_webhook', '2xx', 'ok', 'OK', null, null),
  ('send_webhook', '410', '*', 'FAIL', 'PENDING', 'The application wants no more.');

create or replace function engine.send_webhook_request(p_call engine.provider_calls)
  returns jsonb
  language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'endpoint', e.name,
      'url', e.url,
      'secret_no', e.secret_no,
      'former_secret', coalesce(e.former_until > clock_timestamp(), false),
      'message_id', n.id,
      'event', jsonb_build_object(
        'type', n.kind,
        'timestamp', to_char(
          n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        ),
        'data', jsonb_strip_nulls(
          jsonb_build_object(
            'user_id', n.user_id,
            'trip_id', n.trip_request_id,
            'booking_id', n.flight_booking_id,
            'booking_reference', b.booking_reference,
            'order_id', b.order_id
          )
        ) || n.facts
      )
    )
    from engine.deliveries as d
    inner join engine.webhook_endpoints as e on d.endpoint = e.name
    inner join public.notifications as n
      on d.user_id = n.user_id and d.notification_id = n.id
    left join public.flight_bookings as b
      on n.user_id = b.user_id and n.flight_booking_id = b.id
    where d.id = p_call.delivery_id
  );
end;
$$;
comment on function engine.send_webhook_request(engine.provider_calls) is
  'Returns the event, and where and with which secrets it is sent.';

create or replace function engine.send_webhook_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return case when p_report.http_status < 300 then 'ok' else 'unexpected' end;
end;
$$;
comment on function engine.send_webhook_code(engine.call_report) is
  'Names the answer: the application has the event, or something else happened.';
