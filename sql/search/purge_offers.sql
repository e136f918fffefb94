-- Removes what drop_offer_days does not reach: offers from before flight_offers had
-- days, offers of days without a part of their own, and counts of offers that were not
-- kept; a batch of each. fare_history keeps the fares. Rows are deleted by the physical
-- place of the rows just locked, without a join that could read the whole table; each
-- statement reads one part of the table.
create or replace function engine.purge_offers(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_before timestamptz := p_now - (
    select s.keep_offers_for from engine.search_settings as s
  );
  v_removed integer;
  v_batch integer;
begin
  delete from public.flight_offers_other as o
  where o.ctid = any (array(
    select f.ctid
    from public.flight_offers_other as f
    where f.day < (v_before at time zone 'UTC')::date
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_removed = row_count;

  delete from public.offer_counts as o
  where o.ctid = any (array(
    select c.ctid
    from public.offer_counts as c
    where c.searched_at < v_before
    order by c.searched_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_batch = row_count;
  return greatest(v_removed, v_batch);
end;
$$;
comment on function engine.purge_offers(integer, timestamptz) is
  'Removes at most so many old offers that no dropped day holds, and as many counts; '
  'returns the largest number removed.';
