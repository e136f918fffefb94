-- The audit names the login and the role that the login has taken.
create or replace function engine.caller() returns text
  language sql stable
return session_user || coalesce(
  ' as ' || nullif(nullif(current_setting('role', true), 'none'), session_user), ''
);
comment on function engine.caller() is
  'Names the caller for the audit: the login and the role in force.';
