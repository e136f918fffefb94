-- Lists every flag that our code asks, once. Attempts keep the answers of these flags,
-- `flags show` and `status` list them, and our code asks no flag that is missing here.
-- The owner decides what a flag says. On the day on which a flag expires, `make check`
-- fails. Then either the flag is still needed, and gets a later date here and a reason
-- in the commit; or the question is taken out of the code, and afterwards the flag out
-- of LaunchDarkly.
insert into engine.flag_register as f (
  flag, owner, purpose, allows, created_on, expires_on
)
values
  (
    'auto_booking_pipeline_enabled', 'bookings',
    'lets bookings begin: for everybody, for some, or step by step',
    'true', '2026-11-23', '2027-11-23'
  ),
  (
    'auto_booking_emergency_disable', 'bookings',
    'stops every new booking when it serves true',
    'false', '2026-11-23', '2027-11-23'
  ),
  (
    'advanced_filtering', 'search',
    'kept with every attempt; switches nothing yet',
    null, '2026-11-23', '2027-05-23'
  ),
  (
    'price_optimization', 'search',
    'lets a fitting offer wait for a lower price',
    null, '2026-11-23', '2027-05-23'
  )
on conflict (flag) do update
set
  owner = excluded.owner,
  purpose = excluded.purpose,
  allows = excluded.allows,
  created_on = excluded.created_on,
  expires_on = excluded.expires_on
where f is distinct from excluded;

delete from engine.flag_register as f
where f.flag not in (
  'auto_booking_pipeline_enabled', 'auto_booking_emergency_disable',
  'advanced_filtering', 'price_optimization'
);
