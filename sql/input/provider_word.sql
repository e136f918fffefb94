-- A provider may send any text as a code, as a status or as the id of a request. The
-- engine keeps such a text, shows it to people and puts it on traces only if it is one
-- word: no sentence, no page, no control character, no address.
create or replace function engine.provider_word(p_text text, p_otherwise text)
  returns text
  language sql immutable parallel safe
return case
  when p_text collate "C" ~ '^[A-Za-z0-9_.:/=+-]{1,128}$' then p_text
  else p_otherwise
end;
comment on function engine.provider_word(text, text) is
  'Returns a provider''s code or id if it is one word, otherwise the other text.';
