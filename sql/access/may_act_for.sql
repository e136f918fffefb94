-- Engine functions run as their owner, so row level security does not protect the rows
-- that their arguments name. They call this function instead.
create or replace function engine.may_act_for(p_user_id uuid) returns boolean
  language sql stable
return p_user_id = auth.uid() or engine.acts_as('service_role');
comment on function engine.may_act_for(uuid) is
  'Tells whether the caller is this traveller, or acts for everybody.';
