-- Thirteen digits or more that pass Luhn's check are taken for a card number; secret
-- keys are known by how they begin. Hyphens are not skipped, so that a uuid is never
-- taken for a card number.
create or replace function engine.holds_secret(p_text text) returns boolean
  language sql immutable
begin atomic
  select
    p_text collate "C" ~* '(sk|rk)_(live|test)_|duffel_(live|test)_|whsec_|-----BEGIN'
    or exists (
      select
      from regexp_matches(
        p_text, '(?<![0-9])[3-6](?: ?[0-9]){12,18}(?![0-9])', 'g'
      ) as m (found)
      cross join lateral (
        select
          sum(
            case d.n % 2 when 0 then 2 * d.digit - 9 * (d.digit / 5) else d.digit end
          ) as checksum
        from (
          select
            r.n,
            r.digit::integer
          from string_to_table(reverse(replace(m.found[1], ' ', '')), null)
            with ordinality as r (digit, n)
        ) as d
      ) as luhn
      where luhn.checksum % 10 = 0
    );
end;
comment on function engine.holds_secret(text) is
  'Tells whether a text holds what looks like a card number or a secret key.';
