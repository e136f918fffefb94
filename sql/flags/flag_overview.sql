create or replace view public.flag_overview
with (security_invoker = true)
as select s.* from engine.flag_status() as s;
comment on view public.flag_overview is
  'The mirrored flags: version, on or not, how old, and what was served in seven days.';
grant select on public.flag_overview to skylatch_operator, service_role;
