create or replace view public.flag_overview
with (security_invoker = true)
as select s.* from engine.flag_status() as s;
comment on view public.flag_overview is
  'The mirrored flags: version, whether on, age, and the values served in the last '
  'seven days.';
grant select on public.flag_overview to skylatch_operator, service_role;
