-- A provider may send any text as its code, its status or the id of a request. What is
-- kept, told to people and hung on traces and stops is a word: no sentence, no page, no
-- control character, no address.
create or replace function engine.provider_word(p_text text, p_otherwise text)
  returns text
  language sql immutable parallel safe
return case
  when p_text collate "C" ~ '^[A-Za-z0-9_.:/=+-]{1,128}$' then p_text
  else p_otherwise
end;
comment on function engine.provider_word(text, text) is
  'Returns a code or an id of a provider, or the other text if it is none.';
