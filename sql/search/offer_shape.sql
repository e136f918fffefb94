-- One look at an offer, one walk through each of its lists: what does not pass is held
-- against each rule, what passes is not looked at again.
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
  'All of offer_rules as one predicate: true of an offer that can be stored.';
