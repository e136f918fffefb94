-- The login, and the role it has taken: who is to be named in the audit.
create or replace function engine.caller() returns text
  language sql stable
return session_user || coalesce(
  ' as ' || nullif(nullif(current_setting('role', true), 'none'), session_user), ''
);
comment on function engine.caller() is
  'Names the caller for the audit: the login and the role in force.';
