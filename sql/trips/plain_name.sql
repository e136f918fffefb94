-- One spelling of what keyboards write in several: letters composed, the apostrophe and
-- the hyphen of a ticket instead of typographic ones, single spaces.
create or replace function engine.plain_name(p_name text) returns text
  language sql immutable parallel safe
return btrim(
  regexp_replace(
    translate(
      normalize(p_name, NFC), U&'\2018\2019\02BC\2010\2011\2012\2013\2212', '''''''-----'
    ),
    U&'[ \00A0]+', ' ', 'g'
  )
);
comment on function engine.plain_name(text) is
  'Writes a name as a ticket does: the same letters, plain apostrophes and hyphens.';
