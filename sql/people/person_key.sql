-- A person is a name and a birth date, however a profile writes them: capitals,
-- accents, hyphens, apostrophes and spaces make no other person. Letters are folded by
-- Unicode's own decomposition and a list, never by the database's locale, so that the
-- key is the same on every server. The key is a hash that includes the traveller, so
-- that it may outlive the name.
create or replace function engine.person_key(
  p_user_id uuid, p_given_name text, p_family_name text, p_born_on date
) returns text
  language plpgsql immutable parallel safe
as $$
declare
  v_name text := normalize(p_given_name || '/' || p_family_name, NFKD) collate "C";
begin
  -- What does not decompose; then capitals, of ASCII alone; then marks and separators.
  v_name := translate(v_name, 'ØøÐðĐđĦħıŁłŦŧŊŋĸ', 'OoDdDdHhiLlTtNnk');
  v_name := replace(replace(replace(v_name, 'ß', 'ss'), 'ẞ', 'SS'), 'Þ', 'TH');
  v_name := replace(replace(replace(v_name, 'þ', 'th'), 'Æ', 'AE'), 'æ', 'ae');
  v_name := lower(replace(replace(v_name, 'Œ', 'OE'), 'œ', 'oe') collate "C");
  v_name := regexp_replace(
    v_name,
    E'[\u0300-\u036f \u00a0''`.\u02bc\u2018\u2019\u00b7\u2010-\u2015-]+', '', 'g'
  );
  return encode(
    sha256(
      convert_to(
        p_user_id || '/' || v_name || '/' || case
          when isfinite(p_born_on) then p_born_on - date '1900-01-01'
        end,
        'UTF8'
      )
    ),
    'hex'
  );
end;
$$;
comment on function engine.person_key(uuid, text, text, date) is
  'Returns a key that is equal for two profiles of one person; null without a birth '
  'date.';
