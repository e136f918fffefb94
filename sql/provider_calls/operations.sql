-- Every outward call there is. An order is the one that is not idempotent at its
-- provider; its lease outlives the 130 s that Duffel may take plus the connect.
insert into engine.operations as o (operation, provider, marks_sent, lease, max_tries)
values
  ('search', 'duffel', false, '180 seconds', 4),
  ('get_offer', 'duffel', false, '90 seconds', 6),
  ('create_order', 'duffel', true, '200 seconds', 6),
  ('create_payment', 'stripe', false, '60 seconds', 8),
  ('confirm_payment', 'stripe', false, '60 seconds', 8),
  ('read_authorization', 'stripe', false, '60 seconds', 20),
  ('capture_payment', 'stripe', false, '60 seconds', 20),
  ('read_capture', 'stripe', false, '60 seconds', 20),
  ('cancel_payment', 'stripe', false, '60 seconds', 20),
  ('read_void', 'stripe', false, '60 seconds', 20)
on conflict (operation) do update
set
  provider = excluded.provider,
  marks_sent = excluded.marks_sent,
  lease = excluded.lease,
  max_tries = excluded.max_tries
where o is distinct from excluded;
