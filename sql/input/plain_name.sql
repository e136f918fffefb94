-- Keyboards write the same name in several ways. This function chooses one: composed
-- letters, the plain apostrophe and hyphen of a ticket instead of typographic ones,
-- single spaces.
create or replace function engine.plain_name(p_name text) returns text
  language sql immutable parallel safe
return btrim(
  regexp_replace(
    translate(
      normalize(p_name, nfc),
      E'\u2018\u2019\u02bc\u2010\u2011\u2012\u2013\u2212', '''''''-----'
    ),
    E'[ \u00a0]+', ' ', 'g'
  )
);
comment on function engine.plain_name(text) is
  'Writes a name as a ticket does: the same letters, plain apostrophes and hyphens.';
