-- Policies call this function and not auth.uid() itself. A client that did not say
-- which traveller it asks for would otherwise see no rows and no error, and look for
-- its mistake elsewhere.
create or replace function engine.signed_in() returns uuid
  language plpgsql stable
as $$
declare
  v_user_id uuid := auth.uid();
begin
  if v_user_id is null then
    raise exception using
      errcode = 'SK022',
      message = 'nobody is signed in',
      detail = jsonb_build_object('login', session_user, 'role', current_user),
      hint = case
        when pg_has_role(session_user, 'authenticator', 'member')
          then 'Say for whom, in each transaction: select set_config('
            '''request.jwt.claims'', ''{"sub": "<auth.users.id>"}'', true);'
        else format(
          'The claims of %I are not believed, for it is no member of authenticator: '
          'connect as authenticator, or grant authenticator to %I.',
          session_user, session_user
        )
      end;
  end if;
  return v_user_id;
end;
$$;
comment on function engine.signed_in() is
  'Returns the traveller whose claims this transaction has; raises SK022 without any.';
grant execute on function engine.signed_in() to authenticated;
