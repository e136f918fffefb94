-- What storing an offer relies on, as rows. Every field that is cast, counted or joined
-- by has a rule here, so that no value can make storing fail; a digit is one of 0-9 in
-- every locale. A rule reads: at each `place`, `field` has this type and, written {},
-- passes this test, if there is one; an optional field may be missing or null. The
-- order of the rules lets each rule rely on the structure that earlier rules have
-- checked. The type comes before the test, because a test of a value of another type is
-- neither true nor false.
create or replace function engine.offer_rules()
  returns table (rule_no integer, place text, field text, problem text, holds text)
  language sql immutable
begin atomic
with pattern as (
  select
    '"^[0-9]{1,11}(\\.[0-9]{1,3})?$"' as amount,
    '"^[A-Z]{3}$"' as currency,
    '"^[A-Z0-9]{2,3}$"' as airline,
    '"^P([0-9]{1,3}D)?(T([0-9]{1,4}H)?([0-9]{1,5}M)?([0-9]{1,6}S)?)?$"' as span,
    -- Every day of this century, 29 February in leap years only.
    '"^20([0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)'
    || '|(0[13578]|1[02])-31)|([02468][048]|[13579][26])-02-29)'
    || 'T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]' as clock
),

rule as (
  select r.*
  from pattern as x
  cross join lateral (
    values
    (
      1, '$', 'id', false, 'string', '{} like_regex "^off_[0-9A-Za-z_]{1,40}$"',
      'is no offer''s id'
    ),
    (
      2, '$', 'total_amount', false, 'string', '{} like_regex ' || x.amount,
      'is no exact amount'
    ),
    (
      3, '$', 'total_currency', false, 'string', '{} like_regex ' || x.currency,
      'is no currency'
    ),
    (
      4, '$', 'base_amount', true, 'string', '{} like_regex ' || x.amount,
      'is no exact amount'
    ),
    (
      5, '$', 'base_currency', true, 'string',
      '{} == $.total_currency || {} like_regex ' || x.currency,
      'is no currency'
    ),
    (
      6, '$', 'tax_amount', true, 'string', '{} like_regex ' || x.amount,
      'is no exact amount'
    ),
    (
      7, '$', 'tax_currency', true, 'string',
      '{} == $.total_currency || {} like_regex ' || x.currency,
      'is no currency'
    ),
    (
      8, '$', 'expires_at', false, 'string',
      '{} like_regex ' || x.clock || '(\\.[0-9]{1,9})?Z$"',
      'is no time in UTC'
    ),
    (
      9, '$', 'owner', false, 'object',
      '{}.iata_code.type() == "string" && {}.iata_code like_regex ' || x.airline,
      'has no airline code'
    ),
    (
      10, '$', 'total_emissions_kg', true, 'string',
      '{} like_regex "^[0-9]{1,9}(\\.[0-9]{1,9})?$"',
      'is no weight'
    ),
    (
      11, '$', 'passenger_identity_documents_required', true, 'boolean',
      null, 'is neither true nor false'
    ),
    (
      12, '$', 'supported_passenger_identity_document_types', true, 'array',
      '{}.size() <= 50 && !({}[*].type() != "string")'
      ' && !exists({}[*] ? (!(@ like_regex "^[a-z_]+$")))',
      'is no list of document types'
    ),
    (
      13, '$', 'payment_requirements', true, 'object', null, 'is no object'
    ),
    (
      14, '$.payment_requirements', 'requires_instant_payment', true, 'boolean',
      null, 'is neither true nor false'
    ),
    (
      15, '$.payment_requirements', 'price_guarantee_expires_at', true, 'string',
      '{} like_regex ' || x.clock || '(\\.[0-9]{1,9})?Z$"',
      'is no time in UTC'
    ),
    (
      16, '$.payment_requirements', 'payment_required_by', true, 'string',
      '{} like_regex ' || x.clock || '(\\.[0-9]{1,9})?Z$"',
      'is no time in UTC'
    ),
    (
      17, '$', 'conditions', true, 'object',
      '({}.refund_before_departure.type() == "object"'
      ' || {}.refund_before_departure.type() == "null"'
      ' || !exists({}.refund_before_departure))'
      ' && ({}.change_before_departure.type() == "object"'
      ' || {}.change_before_departure.type() == "null"'
      ' || !exists({}.change_before_departure))',
      'does not say what may be changed and refunded'
    ),
    (
      18, '$.conditions.*', 'allowed', true, 'boolean', null,
      'is neither true nor false'
    ),
    (
      19, '$.conditions.*', 'penalty_amount', true, 'string',
      '{} like_regex ' || x.amount,
      'is no exact amount'
    ),
    (
      20, '$.conditions.*', 'penalty_currency', true, 'string',
      '{} == $.total_currency || {} like_regex ' || x.currency,
      'is no currency'
    ),
    (
      21, '$', 'passengers', false, 'array',
      '{}.size() > 0 && {}.size() <= 50 && !({}[*].type() != "object")',
      'is no list of passengers'
    ),
    (
      22, '$.passengers[*]', 'id', false, 'string', null, 'is no passenger''s id'
    ),
    (
      23, '$.passengers[*]', 'type', true, 'string', null, 'is no kind of passenger'
    ),
    (
      24, '$.passengers[*]', 'age', true, 'number',
      '{} >= 0 && {} < 150 && {} == {}.floor()',
      'is no age in years'
    ),
    (
      25, '$', 'slices', false, 'array',
      '{}.size() > 0 && {}.size() <= 20 && !({}[*].type() != "object")',
      'is no list of slices'
    ),
    (
      26, '$.slices[*]', 'duration', true, 'string',
      '{} like_regex ' || x.span || ' && {} like_regex "[DHMS]$"',
      'is no duration'
    ),
    (
      27, '$.slices[*]', 'fare_brand_name', true, 'string',
      null, 'is no name'
    ),
    (
      28, '$.slices[*]', 'segments', false, 'array',
      '{}.size() > 0 && {}.size() <= 20 && !({}[*].type() != "object")',
      'is no list of segments'
    ),
    (
      29, '$.slices[*].segments[*]', 'departing_at', false, 'string',
      '{} like_regex ' || x.clock || '$"',
      'is no local time'
    ),
    (
      30, '$.slices[*].segments[*]', 'arriving_at', false, 'string',
      '{} like_regex ' || x.clock || '$"',
      'is no local time'
    ),
    (
      31, '$.slices[*].segments[*]', 'origin', false, 'object',
      '{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"',
      'has no airport code'
    ),
    (
      32, '$.slices[*].segments[*]', 'destination', false, 'object',
      '{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"',
      'has no airport code'
    ),
    (
      33, '$.slices[*].segments[*]', 'marketing_carrier', false, 'object',
      '{}.iata_code.type() == "string" && {}.iata_code like_regex ' || x.airline,
      'has no airline code'
    ),
    (
      34, '$.slices[*].segments[*]', 'marketing_carrier_flight_number', false,
      'string', '{} like_regex "^[0-9A-Z]{1,8}$"',
      'is no flight number'
    ),
    (
      35, '$.slices[*].segments[*]', 'operating_carrier', true, 'object',
      '!exists({}.iata_code) || {}.iata_code.type() == "null"'
      ' || ({}.iata_code.type() == "string" && {}.iata_code like_regex '
      || x.airline || ')',
      'has no airline code'
    ),
    (
      36, '$.slices[*].segments[*]', 'stops', true, 'array',
      '{}.size() <= 20 && !({}[*].type() != "object")',
      'is no list of stops'
    ),
    (
      -- A list that is null reads as one null.
      37, '$.slices[*].segments[*].stops[*] ? (@ != null)', 'airport', false, 'object',
      '{}.iata_code.type() == "string" && {}.iata_code like_regex "^[A-Z0-9]{3}$"',
      'has no airport code'
    ),
    (
      38, '$.slices[*].segments[*]', 'passengers', false, 'array',
      '{}.size() > 0 && {}.size() <= 50 && !({}[*].type() != "object")',
      'is no list of passengers'
    ),
    (
      39, '$.slices[*].segments[*].passengers[*]', 'passenger_id', false, 'string',
      null, 'is no passenger''s id'
    ),
    (
      40, '$.slices[*].segments[*].passengers[*]', 'baggages', true, 'array',
      '{}.size() <= 100 && !({}[*].type() != "object")',
      'is no list of bags'
    ),
    (
      41, '$.slices[*].segments[*].passengers[*].baggages[*] ? (@ != null)',
      'quantity', false, 'number', '{} >= 0 && {} < 100 && {} == {}.floor()',
      'is no number of bags'
    ),
    (
      42, '$.slices[*].segments[*]', 'duration', true, 'string',
      '{} like_regex ' || x.span || ' && {} like_regex "[DHMS]$"',
      'is no duration'
    )
  ) as r (rule_no, place, field, optional, type, test, problem)
)

select
  r.rule_no,
  r.place,
  r.field,
  r.problem,
  replace(
    format('(({}.type() == "%s"', r.type)
    || coalesce(' && (' || r.test || '))', ')')
    -- The usual case comes first.
    || case when r.optional then ' || {}.type() == "null" || !exists({})' else '' end
    || ')',
    '{}', '@.' || r.field
  ) as holds
from rule as r;
end;
comment on function engine.offer_rules() is
  'Lists what every field of an offer must be to be stored, as conditions in jsonpath.';
