-- Travellers and the application write into tables that have CHECKs. This function
-- tells in words what those CHECKs demand: the first field that is wrong, and what to
-- give instead. The CHECKs stay behind it. A birth date in the future is a typing
-- error. The seller accepts no ligature, no thorn and no eth in a name, and would say
-- so only when the card is held.
create or replace function engine.field_problem(p_relation text, p_row jsonb)
  returns table (field text, hint text)
  language sql stable
begin atomic
  select
    w.field,
    w.hint
  from (
    values
    (
      1, 'traveler_profiles', 'given_name', true,
      p_row ->> 'given_name' !~ '[ÆæĲĳŒœÞþÐð]',
      'Write it as at the foot of the passport: AE for Æ, OE for Œ, TH for Þ, D for Ð '
      'and IJ for Ĳ.'
    ),
    (
      2, 'traveler_profiles', 'given_name', true,
      p_row ->> 'given_name' ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$',
      'Give it in Latin letters as in the passport, 20 characters at most.'
    ),
    (
      3, 'traveler_profiles', 'family_name', true,
      p_row ->> 'family_name' !~ '[ÆæĲĳŒœÞþÐð]',
      'Write it as at the foot of the passport: AE for Æ, OE for Œ, TH for Þ, D for Ð '
      'and IJ for Ĳ.'
    ),
    (
      4, 'traveler_profiles', 'family_name', true,
      p_row ->> 'family_name' ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$',
      'Give it in Latin letters as in the passport, 20 characters at most.'
    ),
    (
      5, 'traveler_profiles', 'title', false,
      p_row ->> 'title' in ('mr', 'ms', 'mrs', 'miss', 'dr'),
      'Use mr, ms, mrs, miss or dr.'
    ),
    (
      6, 'traveler_profiles', 'gender', false,
      p_row ->> 'gender' in ('m', 'f'),
      'Use m or f, as in the passport.'
    ),
    (
      7, 'traveler_profiles', 'born_on', false,
      -- The form in which JSON writes a date, whatever the session prefers. "Today" is
      -- that of the zone in which a day begins first.
      p_row ->> 'born_on' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
      and (p_row ->> 'born_on') collate "C" between '1900-01-02' and to_char(
        clock_timestamp() at time zone 'Pacific/Kiritimati', 'YYYY-MM-DD'
      ),
      'Give the day of birth as YYYY-MM-DD; it is not to come.'
    ),
    (
      8, 'traveler_profiles', 'email', false,
      -- No control characters, and no invisible ones or ones that turn the text around.
      p_row ->> 'email' ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'
      and p_row ->> 'email'
      !~ '[\u0001-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]',
      'Give an e-mail address such as name@example.com.'
    ),
    (
      9, 'traveler_profiles', 'phone_number', false,
      p_row ->> 'phone_number' ~ '^\+[1-9][0-9]{6,14}$',
      'Give it with + and the country, digits only, such as +442080160508.'
    ),
    (
      11, 'payment_methods', 'user_id', true,
      p_row ->> 'user_id' is not null,
      'Name the traveller whose card this is.'
    ),
    (
      12, 'payment_methods', 'stripe_customer_id', true,
      (p_row ->> 'stripe_customer_id') collate "C" ~ '^cus_\w+$',
      'Stripe''s id of a customer begins with cus_.'
    ),
    (
      13, 'payment_methods', 'stripe_payment_method_id', true,
      (p_row ->> 'stripe_payment_method_id') collate "C" ~ '^pm_\w+$',
      'Stripe''s id of a payment method begins with pm_.'
    ),
    (
      14, 'payment_methods', 'brand', true,
      p_row ->> 'brand' ~ '^[a-z_]{2,20}$',
      'Use Stripe''s name of the brand, such as visa.'
    ),
    (
      15, 'payment_methods', 'last4', true,
      p_row ->> 'last4' ~ '^[0-9]{4}$',
      'Give the last four digits of the card, and no more.'
    ),
    (
      16, 'payment_methods', 'exp_month', true,
      (p_row ->> 'exp_month')::integer between 1 and 12,
      'Give the month in which the card expires, 1 to 12.'
    ),
    (
      17, 'payment_methods', 'exp_year', true,
      (p_row ->> 'exp_year')::integer between 2000 and 2100,
      'Give the year in which the card expires, 2000 to 2100.'
    ),
    (
      21, 'spending_limits', 'currency', true,
      exists (
        select from engine.currencies as c
        where c.code = p_row ->> 'currency'
      ),
      'Use a three-letter ISO 4217 code in capitals, such as USD or EUR.'
    ),
    (
      22, 'spending_limits', 'period', true,
      p_row ->> 'period' in ('day', 'month', 'total'),
      'Use day, month or total.'
    ),
    (
      31, 'notification_preferences', 'language', true,
      p_row ->> 'language' in ('en', 'de'),
      'Use en or de.'
    ),
    (
      32, 'notification_preferences', 'time_zone', true,
      p_row ->> 'time_zone' = 'UTC'
      or exists (
        select from engine.airports as a
        where a.time_zone = p_row ->> 'time_zone'
      ),
      'Give the zone of a place, such as Europe/London, or UTC.'
    ),
    (
      33, 'notification_preferences', 'quiet_until', true,
      (p_row ->> 'quiet_from' is null) = (p_row ->> 'quiet_until' is null)
      and coalesce(p_row ->> 'quiet_from' <> p_row ->> 'quiet_until', true),
      'Give quiet_from and quiet_until, such as 22:00 and 07:00, or neither.'
    ),
    (
      34, 'notification_preferences', 'muted', true,
      jsonb_typeof(p_row -> 'muted') = 'array'
      and not exists (
        select from jsonb_array_elements_text(p_row -> 'muted') as m
        where not exists (
          select from engine.message_kinds as k
          where k.kind = m.value and k.is_optional
        )
      ),
      'Give kinds that may be muted, such as trip.near_miss; what concerns your money '
      'is always told.'
    ),
    (
      35, 'notification_preferences', 'least_drop', true,
      (p_row ->> 'least_drop')::numeric between 0 and 1,
      'Give a share from 0 to 1, such as 0.05 for a twentieth.'
    )
  ) as w (place, relation, field, is_needed, fits, hint)
  where w.relation = p_relation
    and coalesce(not w.fits, w.is_needed)
  order by w.place
  limit 1;
end;
comment on function engine.field_problem(text, jsonb) is
  'Names the first field of a row that is wrong, and what to give instead.';
