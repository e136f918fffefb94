-- For the engineer who mends the reader of offers: the field, what is wrong with it,
-- and its value, shortened where it is long.
create or replace function engine.offer_problem(p_offer jsonb) returns text
  language plpgsql stable
as $$
begin
  if p_offer @@ engine.offer_shape() then
    return null;
  elsif jsonb_typeof(p_offer) is distinct from 'object' then
    return 'the offer is no object: ' || coalesce(left(p_offer::text, 80), 'missing');
  end if;
  return (
    select
      format(
        '%s %s: %s',
        substr(replace(split_part(r.place, ' ', 1), '[*]', '') || '.' || r.field, 3), r.problem,
        coalesce(left((b.bad -> r.field)::text, 80), 'missing')
      )
    from engine.offer_rules() as r
    cross join lateral jsonb_path_query_first(
      p_offer, (r.place || ' ? (!' || r.holds || ')')::jsonpath
    ) as b (bad)
    where b.bad is not null
    order by r.rule_no
    limit 1
  );
end;
$$;
comment on function engine.offer_problem(jsonb) is
  'Says what keeps a provider''s offer from being stored; null when nothing does.';
