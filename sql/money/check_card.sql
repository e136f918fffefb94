-- Checked when a trip is stated and when a booking begins.
create or replace function engine.check_card(
  p_user_id uuid, p_card_id uuid, p_now timestamptz
) returns void
  language plpgsql stable
as $$
begin
  if not exists (
    select from public.payment_methods as m
    where m.user_id = p_user_id
      and m.id = p_card_id
      and m.detached_at is null
      and make_date(m.exp_year, m.exp_month, 1) + interval '1 month'
      > p_now at time zone 'UTC'
  ) then
    raise exception using
      errcode = 'SK007',
      message = 'automatic booking needs a valid card of this traveller',
      detail = jsonb_build_object('field', 'payment_method_id', 'value', p_card_id),
      column = 'payment_method_id',
      hint = 'Add a card that has not expired and pass its id.';
  end if;
end;
$$;
comment on function engine.check_card(uuid, uuid, timestamptz) is
  'Raises SK007 unless the card is this traveller''s, attached and not expired.';
