-- What people and applications can be told. An application finds these words in the
-- type of a webhook, a traveller in the column kind of public.notifications.
insert into engine.message_kinds as k (kind, is_urgent, is_optional, meaning)
values
  ('booking.confirmed', true, false, 'A flight was booked and paid for.'),
  ('booking.changed', true, false, 'The airline changed a booked flight.'),
  ('booking.cancelled', true, false, 'A booking was cancelled.'),
  ('booking.refunded', false, false, 'The money of a cancelled booking was returned.'),
  ('booking.refund_failed', false, false, 'A refund did not arrive.'),
  ('booking.not_cancelled', true, false, 'A booking could not be cancelled as asked.'),
  ('card.expiring', false, true, 'A card expires before the flight that it pays for.'),
  ('consent.required', false, false, 'The traveller has to agree before a booking.'),
  ('payment.authentication_required', true, false,
    'The bank wants the card''s holder to confirm a payment.'),
  ('payment.declined', true, false, 'The bank refused the card; nothing was booked.'),
  ('trip.action_required', false, false, 'A trip waits for its traveller.'),
  ('trip.approval_required', true, false, 'An offer fits; it is booked on a yes.'),
  ('trip.cancelled', false, true, 'A trip was cancelled before it was booked.'),
  ('trip.expired', false, true, 'The dates of a trip are over.'),
  ('trip.expiring', false, true, 'The dates of a trip are nearly over.'),
  ('trip.failed', false, false, 'A trip cannot be booked.'),
  ('trip.frozen', true, false, 'Whether a flight was booked is being found out.'),
  ('trip.near_miss', false, true, 'A fare is nearly within the limit.'),
  ('trip.price_dropped', false, true, 'The lowest fare of a trip fell.'),
  ('trip.proposal_lapsed', false, true, 'Nobody answered what was proposed in time.'),
  ('trip.veto_open', true, false, 'An offer fits; it is booked unless there is a no.')
on conflict (kind) do update
set
  is_urgent = excluded.is_urgent,
  is_optional = excluded.is_optional,
  meaning = excluded.meaning
where k is distinct from excluded;
