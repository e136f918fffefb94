-- What is not named keeps its value. Every change stays on record. Definer: operators
-- have no rights on tables.
create or replace function engine.set_message_settings(
  p_reason text,
  p_email boolean default null,
  p_near_miss numeric default null,
  p_most_per_hour integer default null,
  p_keep_for interval default null,
  p_holder_time interval default null,
  p_confirm_link text default null
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
begin
  perform engine.require_size('p_confirm_link', array[p_confirm_link], 1, 300);
  if (p_near_miss between 0 and 1) = false then
    perform engine.refuse_setting(
      'near_miss', p_near_miss::text, 'Give a share of the limit, from 0 to 1.'
    );
  elsif (p_most_per_hour between 1 and 1000000) = false then
    perform engine.refuse_setting(
      'most_per_hour', p_most_per_hour::text, 'Give 1 to 1000000.'
    );
  elsif (p_keep_for between interval '1 day' and interval '10 years') = false then
    perform engine.refuse_setting(
      'keep_for', p_keep_for::text, 'Give 1 day to 10 years.'
    );
  elsif (p_holder_time between interval '1 minute' and interval '2 hours') = false then
    perform engine.refuse_setting(
      'holder_time', p_holder_time::text, 'Give 1 minute to 2 hours.'
    );
  elsif p_confirm_link !~ '^https://[^/@?#[:space:][:cntrl:]]+/[^[:space:][:cntrl:]]*$'
    and p_confirm_link <> ''
  then
    perform engine.refuse_setting(
      'confirm_link', p_confirm_link,
      'Give https://, a host and a path, with {trip} for the trip; empty for no link.'
    );
  end if;
  update engine.message_settings as s
  set
    email = coalesce(p_email, s.email),
    near_miss = coalesce(p_near_miss, s.near_miss),
    most_per_hour = coalesce(p_most_per_hour, s.most_per_hour),
    keep_for = coalesce(p_keep_for, s.keep_for),
    holder_time = coalesce(p_holder_time, s.holder_time),
    confirm_link = nullif(coalesce(p_confirm_link, s.confirm_link), '')
  returning to_jsonb(s) - '{only_row,since}'::text[] into v_settings;
  insert into engine.message_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_message_settings(
  text, boolean, numeric, integer, interval, interval, text
) is
  'Changes the settings of messages that are named, for a reason; returns all of them. '
  'Raises SK016 or SK023.';
grant execute on function engine.set_message_settings(
  text, boolean, numeric, integer, interval, interval, text
) to skylatch_operator;

create or replace trigger message_changes_append_only
before update or delete or truncate on engine.message_changes
for each statement execute function engine.refuse_change();
