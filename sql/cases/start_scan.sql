-- A scan begins where the last scan ended, less the time in which an order may appear
-- late: Duffel may take hours to show one. A backup holds the same moment, so the first
-- scan after a restore covers what the restore has lost.
create or replace function engine.start_scan(p_scan text, p_now timestamptz)
  returns bigint
  language plpgsql volatile
as $$
declare
  v_since timestamptz := coalesce(
    (select s.scanned_to from engine.scans as s where s.scan = p_scan),
    (select h.confirmed_at from engine.history as h),
    (select min(a.started_at) from public.booking_attempts as a),
    p_now
  ) - interval '6 hours';
begin
  return engine.enqueue_read(
    'scan_' || p_scan, p_scan,
    jsonb_build_object(
      'created_after', engine.list_time(
        case p_scan when 'orders' then 'duffel' else 'stripe' end, v_since
      ),
      'history', engine.present_history()
    ),
    null, p_now
  );
end;
$$;
comment on function engine.start_scan(text, timestamptz) is
  'Asks for a provider''s list of orders or payments and returns the call.';
