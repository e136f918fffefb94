-- What a sidecar may say of a call, and nothing besides: engine.finish_calls casts
-- every report to this type, and no function behind it takes a report as jsonb.
-- depends: 0015_sizes_and_shares

create type engine.call_report as (
  call_id bigint,
  epoch integer,
  http_status integer,
  error_code text,
  body jsonb,
  request_id text,
  retry_after numeric
);
comment on type engine.call_report is
  'What came back from one outward call, in exactly the fields a sidecar may say.';
