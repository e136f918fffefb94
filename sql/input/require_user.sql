-- The foreign key to auth.users says this too, in words that do not help somebody who
-- has made up an id for a first try. Where auth is a platform's, row level security may
-- hide its users from the owner: there the foreign key alone is asked.
create or replace function engine.require_user(p_user_id uuid) returns void
  language plpgsql stable
as $$
begin
  if not exists (
    select from pg_class as c
    where c.oid = 'auth.users'::regclass and c.relowner = 'skylatch_owner'::regrole
  ) then
    return;
  end if;
  if not exists (select from auth.users as u where u.id = p_user_id) then
    raise exception using
      errcode = 'SK033',
      message = 'no such user',
      detail = jsonb_build_object('field', 'user_id', 'value', p_user_id),
      column = 'user_id',
      hint = 'Add the user first, as service_role: insert into auth.users (id) values '
        '(…).';
  end if;
end;
$$;
comment on function engine.require_user(uuid) is
  'Raises SK033 for a user who is not in auth.users.';
