-- The members of the alliances, as announced up to 2026-11-23: Fiji Airways and Oman
-- Air joined oneworld in 2025, Hawaiian in spring 2026; ITA joined Star Alliance in
-- spring 2026. Left out are suspended members (S7, Aeroflot), and Asiana, which leaves
-- Star Alliance on 2026-12-16. An affiliate that flies under a code of its own is not
-- listed, so that it does not count as a member.
with member (airline, alliance) as (
  values
  ('AA', 'oneworld'),
  ('AS', 'oneworld'),
  ('AT', 'oneworld'),
  ('AY', 'oneworld'),
  ('BA', 'oneworld'),
  ('CX', 'oneworld'),
  ('FJ', 'oneworld'),
  ('HA', 'oneworld'),
  ('IB', 'oneworld'),
  ('JL', 'oneworld'),
  ('MH', 'oneworld'),
  ('QF', 'oneworld'),
  ('QR', 'oneworld'),
  ('RJ', 'oneworld'),
  ('UL', 'oneworld'),
  ('WY', 'oneworld'),
  ('AF', 'skyteam'),
  ('AM', 'skyteam'),
  ('AR', 'skyteam'),
  ('CI', 'skyteam'),
  ('DL', 'skyteam'),
  ('GA', 'skyteam'),
  ('KE', 'skyteam'),
  ('KL', 'skyteam'),
  ('KQ', 'skyteam'),
  ('ME', 'skyteam'),
  ('MF', 'skyteam'),
  ('MU', 'skyteam'),
  ('RO', 'skyteam'),
  ('SK', 'skyteam'),
  ('SV', 'skyteam'),
  ('UX', 'skyteam'),
  ('VN', 'skyteam'),
  ('VS', 'skyteam'),
  ('A3', 'star_alliance'),
  ('AC', 'star_alliance'),
  ('AI', 'star_alliance'),
  ('AV', 'star_alliance'),
  ('AZ', 'star_alliance'),
  ('BR', 'star_alliance'),
  ('CA', 'star_alliance'),
  ('CM', 'star_alliance'),
  ('ET', 'star_alliance'),
  ('LH', 'star_alliance'),
  ('LO', 'star_alliance'),
  ('LX', 'star_alliance'),
  ('MS', 'star_alliance'),
  ('NH', 'star_alliance'),
  ('NZ', 'star_alliance'),
  ('OS', 'star_alliance'),
  ('OU', 'star_alliance'),
  ('SA', 'star_alliance'),
  ('SN', 'star_alliance'),
  ('SQ', 'star_alliance'),
  ('TG', 'star_alliance'),
  ('TK', 'star_alliance'),
  ('TP', 'star_alliance'),
  ('UA', 'star_alliance'),
  ('ZH', 'star_alliance')
),

gone as (
  delete from engine.airline_alliances as a
  where a.airline not in (select m.airline from member as m)
)

insert into engine.airline_alliances as a (airline, alliance)
select
  m.airline,
  m.alliance
from member as m
where true
on conflict (airline) do update set alliance = excluded.alliance
where a.alliance <> excluded.alliance;
