-- One test of a whole offer, with one walk through each of its lists. An offer that
-- passes is not checked again; an offer that fails is checked rule by rule.
create or replace function engine.offer_shape() returns jsonpath
  language plpgsql immutable
as $$
begin
  return (
    select (
      '$.type() == "object" && '
      || string_agg(
        format('!exists(%s ? (!(%s)))', p.place, p.holds), ' && ' order by p.rule_no
      )
    )::jsonpath
    from (
      select
        r.place,
        min(r.rule_no) as rule_no,
        string_agg(r.holds, ' && ' order by r.rule_no) as holds
      from engine.offer_rules() as r
      group by r.place
    ) as p
  );
end;
$$;
comment on function engine.offer_shape() is
  'Returns all of offer_rules as one predicate, which is true of an offer that can be '
  'stored.';
