-- A rule for a named code wins over one for any code, then a full status over its
-- class, and a class over any status. Every operation has a rule for ('*', '*'); one
-- that has none is a defect, and an error here, because an answer must not go unjudged.
create or replace function engine.find_rule(
  p_operation text, p_http_status integer, p_error_code text
) returns engine.outcome_rules
  language plpgsql stable
as $$
declare
  v_rule engine.outcome_rules;
begin
  select r.* into strict v_rule
  from engine.outcome_rules as r
  where r.operation = p_operation
    and r.error_code in (p_error_code, '*')
    and r.http_status in (
      coalesce(p_http_status::text, 'none'), (p_http_status / 100) || 'xx', '*'
    )
  order by
    r.error_code <> '*' desc,
    -- A full status, then its class, then any.
    r.http_status <> '*' desc,
    r.http_status like '%xx'
  limit 1;
  return v_rule;
end;
$$;
comment on function engine.find_rule(text, integer, text) is
  'Finds the most exact outcome rule; every operation has a default.';
