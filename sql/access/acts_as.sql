-- The role in force (SET ROLE, as PostgREST does it), otherwise the login itself.
-- Within a definer function neither current_user nor session_user tells who asks.
create or replace function engine.acts_as(p_role text) returns boolean
  language sql stable
return pg_has_role(
  case
    when current_setting('role') = 'none' then session_user
    else current_setting('role')::name
  end,
  p_role::name,
  'usage'
);
comment on function engine.acts_as(text) is
  'Tells whether the caller acts with the rights of this role.';
