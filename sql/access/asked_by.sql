-- What the audit tells about who wished for something: an application that acts for a
-- traveller is not the traveller.
create or replace function engine.asked_by(p_user_id uuid) returns text
  language sql stable
return case when p_user_id = auth.uid() then 'the traveller' else 'the application' end;
comment on function engine.asked_by(uuid) is
  'Says whether a traveller asked in person, or the application for them.';
