-- A breaker counts answers that were missing or the provider's fault. After so many in
-- a row the operation is left alone, each time twice as long, up to five minutes. When
-- a pause is over, the next calls try: the first failure begins another pause, a
-- success ends the trouble. A call that fails during a pause was sent before it, and
-- counts no more: several calls that try at once are one trial. A healthy call writes
-- nothing.
create or replace function engine.note_breaker(
  p_operation engine.operations, p_report engine.call_report, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_after smallint := p_operation.breaks_after;
  v_status integer := p_report.http_status;
begin
  if v_after is null then
    return;
  elsif v_status is null or v_status >= 500 then
    insert into engine.breakers as b (operation, failures, last_error, changed_at)
    values (p_operation.operation, 1, coalesce(v_status::text, p_report.error_code), p_now)
    on conflict (operation) do update
    set
      failures = case
        when b.open_until > p_now then b.failures else b.failures + 1
      end,
      last_error = excluded.last_error,
      -- Once it has opened this is since when, whatever fails later.
      changed_at = case
        when b.failures + 1 > v_after then b.changed_at else excluded.changed_at
      end,
      open_until = case
        when b.failures + 1 >= v_after and coalesce(b.open_until, '-infinity') <= p_now
          then p_now + make_interval(
            secs => least(10 * power(2, least(b.failures + 1 - v_after, 10)), 300)
          )
        else b.open_until
      end;
  elsif exists (
    select from engine.breakers as b
    where b.operation = p_operation.operation and b.failures > 0
  ) then
    update engine.breakers as b
    set failures = 0, open_until = null, changed_at = p_now
    where b.operation = p_operation.operation;
  end if;
end;
$$;
comment on function engine.note_breaker(
  engine.operations, engine.call_report, timestamptz
) is
  'Counts a provider''s failures in a row; opens or closes the operation''s breaker.';
