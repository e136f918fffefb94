-- A booking that is begun and undone costs four calls to both providers and a hold on
-- the card, and all travellers share what the providers allow. So a traveller may have
-- this many failed bookings within an hour, whatever made them fail. The next booking
-- waits until the first of these failures is an hour old. The caller holds the
-- traveller's lock.
create or replace function engine.check_failures(p_user_id uuid, p_now timestamptz)
  returns void
  language plpgsql volatile
as $$
declare
  v_limit integer;
  v_again_at timestamptz;
begin
  select l.failed_bookings_per_hour into v_limit from engine.traveller_limits as l;
  select a.ended_at + interval '1 hour' into v_again_at
  from public.booking_attempts as a
  where a.user_id = p_user_id
    and a.status = 'FAILED'
    and a.ended_at > p_now - interval '1 hour'
  order by a.ended_at desc
  offset v_limit - 1
  limit 1;
  if found then
    raise exception using
      errcode = 'SK113',
      message = 'too many bookings of this traveller failed within an hour',
      detail = jsonb_build_object('limit', v_limit, 'again_at', v_again_at),
      hint = format(
        'So many bookings failed that the next one begins at %s UTC or later.',
        to_char(v_again_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
      );
  end if;
end;
$$;
comment on function engine.check_failures(uuid, timestamptz) is
  'Raises SK113 when so many bookings of a traveller failed that the next one has to '
  'wait.';
