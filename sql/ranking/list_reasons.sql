-- Each reason why an offer does not fit, in words for a sentence like "2 of 9 offers
-- are <what they are>". `change` is the traveller's wish that the offer misses, null
-- where no change of a wish would help; `without` is what the trip would be without
-- that wish.
create or replace function engine.list_reasons()
  returns table (reason text, change text, what text, without text)
  language sql immutable
begin atomic
  select v.*
  from (
    values
    ('not_asked_for', null, 'found by another search than this trip''s', null),
    ('wrong_slices', null, 'not the way out and the way back that you asked for', null),
    ('wrong_route', null, 'between other airports than you asked for', null),
    ('wrong_date', null, 'on another day than you asked for', null),
    ('party_mismatch', null, 'not for exactly those who travel', null),
    ('leaves_too_soon', null, 'leaving too soon to be booked', null),
    ('price_above_cap', 'max_price', 'above your price limit', null),
    ('too_many_connections', 'max_connections', 'with too many connections', null),
    ('too_long', 'max_duration', 'too long on the way',
      'Without the limit on duration'),
    ('layover_too_short', 'layover_min', 'with a connection that is too short',
      'Without the shortest time for a connection'),
    ('layover_too_long', 'layover_max', 'with a connection that is too long',
      'Without the longest time for a connection'),
    ('airport_change', 'no_airport_change', 'with a change of airports',
      'With a change of airports allowed'),
    ('departs_outside_window', 'depart_after', 'leaving outside your hours',
      'Without your hours for leaving'),
    ('arrives_outside_window', 'arrive_after', 'arriving outside your hours',
      'Without your hours for arriving'),
    ('return_departs_outside_window', 'return_depart_after',
      'leaving for home outside your hours', 'Without your hours for leaving for home'),
    ('return_arrives_outside_window', 'return_arrive_after',
      'arriving home outside your hours', 'Without your hours for arriving home'),
    ('red_eye', 'no_red_eye', 'overnight', 'Without the red-eye rule'),
    ('airline_not_included', 'airlines_only', 'not only of the airlines you named',
      'With any airline allowed'),
    ('airline_excluded', 'airlines_never', 'of an airline you excluded',
      'With no airline excluded'),
    ('not_in_alliance', 'alliances', 'not of one of your alliances',
      'Without the choice of alliances'),
    ('carry_on_missing', 'carry_on_bags', 'without your carry-on bags',
      'Without included carry-on bags'),
    ('checked_bags_missing', 'checked_bags', 'without your checked bags',
      'Without included checked bags'),
    ('not_refundable', 'refundable', 'not refundable', 'Without the right to a refund'),
    ('refund_unknown', 'accept_unknown', 'without a word on refunds',
      'With unknown conditions accepted'),
    ('not_changeable', 'changeable', 'not changeable', 'Without the right to change'),
    ('change_unknown', 'accept_unknown', 'without a word on changes',
      'With unknown conditions accepted'),
    ('emissions_too_high', 'max_emissions_kg', 'above your limit on emissions',
      'Without the limit on emissions'),
    ('emissions_unknown', 'accept_unknown', 'without a word on emissions',
      'With unknown conditions accepted'),
    ('cabin_too_low', 'cabin_class', 'partly in a lower cabin',
      'With a lower cabin on a part of the way'),
    ('cabin_unknown', 'accept_unknown', 'without a word on the cabin',
      'With unknown conditions accepted'),
    ('no_exchange_rate', null,
      'in a currency to which your limit''s currency has no exchange rate', null),
    ('exchange_rate_too_old', null,
      'in a currency to which your limit''s currency has only an old exchange rate',
      null),
    ('exchange_rates_disagree', null,
      'in a currency to which your limit''s currency has exchange rates that disagree',
      null),
    ('not_chargeable', null, 'not chargeable to a card exactly', null),
    ('documents_required', null, 'in need of identity documents', null),
    ('expires_too_soon', null, 'about to expire', null),
    ('no_longer_offered', null, 'no longer offered', null),
    ('cannot_be_judged', null, 'not readable', null)
  ) as v (reason, change, what, without);
end;
comment on function engine.list_reasons() is
  'Lists every reason why an offer may not fit, with the wish that it misses and the '
  'words for it.';
grant execute on function engine.list_reasons() to authenticated, service_role;
