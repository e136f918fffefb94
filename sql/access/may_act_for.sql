-- Engine functions run as their owner, so row level security does not protect their
-- arguments: this does. The caller is the role in force (SET ROLE, as PostgREST does
-- it), else the login itself.
create or replace function engine.may_act_for(p_user_id uuid) returns boolean
  language sql stable
return p_user_id = auth.uid() or pg_has_role(
  case
    when current_setting('role') = 'none' then session_user
    else current_setting('role')::name
  end,
  'service_role',
  'usage'
);
comment on function engine.may_act_for(uuid) is
  'Tells whether the caller is this traveller, or acts for everybody.';
