-- Removes what searches leave behind, a batch of the oldest rows of each: calls that
-- ended a month ago, offers that could not be read, and quotes that are too old to
-- replace a search.
create or replace function engine.purge_searches(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_calls integer;
  v_quarantined integer;
  v_looks integer;
begin
  delete from engine.provider_calls as c
  where c.ctid = any (array(
    select d.ctid
    from engine.provider_calls as d
    where d.booking_attempt_id is null and d.finished_at < p_now - interval '30 days'
    order by d.finished_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_calls = row_count;
  delete from engine.quarantined_offers as q
  where q.ctid = any (array(
    select r.ctid
    from engine.quarantined_offers as r
    where r.quarantined_at < p_now - (
      select s.keep_offers_for from engine.search_settings as s
    )
    order by r.quarantined_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_quarantined = row_count;
  delete from engine.fare_looks as k
  where k.ctid = any (array(
    select l.ctid
    from engine.fare_looks as l
    where l.looked_at < p_now - interval '1 day'
    order by l.looked_at
    limit p_limit
    for update skip locked
  ));
  get diagnostics v_looks = row_count;
  return v_calls + v_quarantined + v_looks;
end;
$$;
comment on function engine.purge_searches(integer, timestamptz) is
  'Removes at most so many rows of each leftover of old searches; returns how many.';
