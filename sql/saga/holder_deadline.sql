-- The offer must outlive the wait by what an order takes: three minutes.
create or replace function engine.holder_deadline(
  p_attempt public.booking_attempts, p_now timestamptz
) returns timestamptz
  language plpgsql stable
as $$
begin
  return (
    select least(p_now + s.holder_time, o.expires_at - interval '3 minutes')
    from engine.message_settings as s
    left join public.flight_offers as o
      on o.user_id = p_attempt.user_id
      and o.id = p_attempt.flight_offer_id
      and o.day = '9999-12-31'
  );
end;
$$;
comment on function engine.holder_deadline(
  public.booking_attempts, timestamptz
) is 'Returns until when a payment waits for its card''s holder.';
