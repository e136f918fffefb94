-- The audit keeps apart a traveller who asked in person and an application that asked
-- for the traveller.
create or replace function engine.asked_by(p_user_id uuid) returns text
  language sql stable
return case when p_user_id = auth.uid() then 'the traveller' else 'the application' end;
comment on function engine.asked_by(uuid) is
  'Says whether a traveller asked in person, or the application asked for them.';
