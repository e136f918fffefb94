-- The explanation uses what ranking wrote to the offers of the current round, and the
-- counts of the offers that were not kept. Row level security applies. A change of one
-- wish is said to help with an offer when the offer misses that wish and nothing else.
create or replace function engine.explain_trip(p_trip_id uuid) returns jsonb
  language plpgsql stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests;
  v_from date;
  v_chosen public.flight_offers;
  v_other public.flight_offers;
  v_offers integer;
  v_fit integer;
  v_answered boolean;
  v_headline text;
  v_why text[] := array[]::text[];
  v_not_chosen jsonb;
  v_help jsonb;
  v_helpful text[];
  v_proposal public.offer_proposals;
begin
  select t.* into v_trip from public.trip_requests as t where t.id = p_trip_id;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  v_from := coalesce(v_trip.offers_from, '0001-01-01');
  -- What has expired since it was ranked fits no more.
  select count(*), count(o.rank) filter (where public.offer_status(o) <> 'EXPIRED')
  into v_offers, v_fit
  from public.flight_offers as o
  where o.user_id = v_trip.user_id
    and o.trip_request_id = v_trip.id
    and o.day >= v_from
    and o.search_round = v_trip.search_round;
  v_offers := v_offers + coalesce(
    (
      select sum(c.offers)
      from public.offer_counts as c
      where c.user_id = v_trip.user_id
        and c.trip_request_id = v_trip.id
        and c.search_round = v_trip.search_round
    ),
    0
  );
  v_answered := v_offers > 0 or exists (
    select from public.fare_history as h
    where h.user_id = v_trip.user_id
      and h.trip_request_id = v_trip.id
      and h.search_round = v_trip.search_round
  );
  select o.* into v_chosen
  from public.flight_offers as o
  where o.user_id = v_trip.user_id
    and o.trip_request_id = v_trip.id
    and o.day >= v_from
    and case
      when v_trip.auto_book_status in ('BOOKING', 'BOOKED')
        then o.id = v_trip.selected_offer_id
      else o.search_round = v_trip.search_round
        and public.offer_status(o) = 'ACTIVE'
        and o.rank is not null
    end
  order by o.rank
  limit 1;

  if v_chosen.id is not null then
    v_headline := format(
      '%s: %s.',
      case v_trip.auto_book_status
        when 'BOOKED' then 'Booked' when 'BOOKING' then 'Being booked' else 'The best'
      end,
      engine.describe_offer(v_chosen)
    );
    select array_agg(
      format('%s (%s %%)', w.key, trim_scale(round(100 * w.value::numeric, 1)))
      order by w.value::numeric desc, w.key
    ) into v_why
    from jsonb_each_text(v_chosen.score_parts -> 'weights') as w
    where w.value::numeric > 0;
    v_why := array[
      format(
        'It scores best of %s, by %s.',
        case v_fit
          when 1 then '1 offer that fits' else v_fit || ' offers that fit'
        end,
        array_to_string(v_why, ', ')
      )
    ];
    select o.* into v_other
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.day >= v_from
      and o.search_round = v_chosen.search_round
      and o.rank is not null
      and public.offer_status(o) <> 'EXPIRED'
    order by (o.score_parts ->> 'price')::numeric, o.rank
    limit 1;
    if v_other.id = v_chosen.id then
      v_why := v_why || 'No offer that fits is cheaper.'::text;
    elsif v_other.id is not null then
      v_why := v_why || format(
        'The cheapest that fits is %s; it scores lower.', engine.describe_offer(v_other)
      );
    end if;
    if v_chosen.score_parts ->> 'rate' is not null then
      v_why := v_why || format(
        'Your limit of %s is %s, at the exchange rate of %s.',
        engine.format_money(v_trip.max_price, v_trip.currency),
        engine.format_money(
          (v_chosen.score_parts ->> 'cap')::numeric, v_chosen.price_currency
        ),
        left(v_chosen.score_parts ->> 'rate_as_of', 10)
      );
    end if;
  elsif not v_answered then
    v_headline := coalesce(v_trip.status_reason, 'No search was answered yet.');
  elsif v_offers = 0 then
    v_headline := 'No flights were found for these dates.';
  else
    v_headline := format(
      'None of %s fits.',
      case v_offers when 1 then '1 offer' else v_offers || ' offers' end
    );
  end if;

  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'reason', g.reason,
        'offers', g.offers,
        'example', jsonb_build_object('offer_id', g.offer_id, 'what', g.example),
        'sentence', format(
          '%s of %s offers %s %s.', g.offers, v_offers,
          case g.offers when 1 then 'is' else 'are' end, g.what
        )
      )
      order by g.offers desc, g.reason
    ),
    '[]'
  ) into v_not_chosen
  from (
    select
      m.reason,
      coalesce(min(r.what), 'good as well, but not better') as what,
      sum(m.offers) as offers,
      (array_agg(m.offer_id order by m.price, m.offer_id))[1] as offer_id,
      (array_agg(m.example order by m.price, m.offer_id))[1] as example
    from (
      select
        n.reason,
        1 as offers,
        (o.score_parts ->> 'price')::numeric as price,
        o.offer_id,
        engine.describe_offer(o) as example
      from public.flight_offers as o
      cross join unnest(
        case
          when o.rank is null then o.ineligible
          when public.offer_status(o) = 'EXPIRED' then '{no_longer_offered}'
          else '{ranked_lower}'
        end
      ) as n (reason)
      where o.user_id = v_trip.user_id
        and o.trip_request_id = v_trip.id
        and o.day >= v_from
        and o.search_round = v_trip.search_round
        and o.id is distinct from v_chosen.id
      union all
      select
        n.reason,
        (g.value ->> 'offers')::integer,
        (g.value ->> 'price')::numeric,
        g.value ->> 'offer_id',
        g.value ->> 'what'
      from public.offer_counts as c
      cross join jsonb_array_elements(c.missed) as g
      cross join jsonb_array_elements_text(g.value -> 'reasons') as n (reason)
      where c.user_id = v_trip.user_id
        and c.trip_request_id = v_trip.id
        and c.search_round = v_trip.search_round
    ) as m
    left join engine.list_reasons() as r on m.reason = r.reason
    group by m.reason
  ) as g;

  with missed as (
    select
      o.id,
      o.most_connections,
      min(r.change) as change,
      min(r.without) as without,
      row_number() over (
        partition by min(r.change)
        order by
          case min(r.change)
            when 'max_connections' then o.most_connections
            when 'max_duration' then extract(epoch from o.longest_slice)
          end,
          (o.score_parts ->> 'price')::numeric,
          o.offer_id
      ) as place
    from public.flight_offers as o
    cross join unnest(o.ineligible) as m (reason)
    left join engine.list_reasons() as r on m.reason = r.reason
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.day >= v_from
      and o.search_round = v_trip.search_round
    group by o.id, o.offer_id, o.most_connections, o.longest_slice, o.score_parts
    having count(*) = count(r.change) and count(distinct r.change) = 1
  ),

  counted as (
    select
      min(r.change) as change,
      (g.value ->> 'connections')::integer as most_connections,
      (g.value ->> 'offers')::integer as offers
    from public.offer_counts as c
    cross join jsonb_array_elements(c.missed) with ordinality as g
    cross join jsonb_array_elements_text(g.value -> 'reasons') as m (reason)
    left join engine.list_reasons() as r on m.reason = r.reason
    where c.user_id = v_trip.user_id
      and c.trip_request_id = v_trip.id
      and c.search_round = v_trip.search_round
    group by c.id, g.ordinality, g.value
    having count(*) = count(r.change) and count(distinct r.change) = 1
  ),

  relaxed as (
    select
      n.change,
      n.without,
      n.id,
      n.most_connections,
      count(*) + coalesce(
        (
          select sum(d.offers)
          from counted as d
          where d.change = n.change
            and (
              n.change <> 'max_connections' or d.most_connections = n.most_connections
            )
        ),
        0
      ) as offers
    from missed as n
    inner join missed as a
      on n.change = a.change
      and (n.change <> 'max_connections' or n.most_connections = a.most_connections)
    where n.place = 1
    group by n.change, n.without, n.id, n.most_connections
  )

  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'change', x.change,
        'offers', x.offers,
        'sentence', case x.change
          when 'max_price' then format(
            'The cheapest%s is %s, %s over your limit of %s%s.',
            case
              when x.offers > 1 then format(' of %s that fit otherwise', x.offers)
            end,
            engine.describe_offer(o),
            engine.format_money(
              o.price_amount - (o.score_parts ->> 'cap')::numeric, o.price_currency
            ),
            case
              when o.price_currency <> v_trip.currency
                then engine.format_money(v_trip.max_price, v_trip.currency)
                || ', which is '
            end,
            engine.format_money(
              (o.score_parts ->> 'cap')::numeric, o.price_currency
            )
          )
          else format(
            '%s %s%s, such as %s.',
            coalesce(
              x.without,
              format(
                'With %s allowed',
                case x.most_connections
                  when 1 then '1 connection' else x.most_connections || ' connections'
                end
              )
            ),
            case x.offers when 1 then '1 offer' else x.offers || ' offers' end
            || case when v_fit > 0 then ' more' else '' end,
            case x.offers when 1 then ' fits' else ' fit' end,
            engine.describe_offer(o)
          )
        end
      )
      order by x.offers desc, x.change
    ),
    '[]'
  ) into v_help
  from relaxed as x
  inner join public.flight_offers as o
    on o.user_id = v_trip.user_id and x.id = o.id and o.day >= v_from;

  -- A rate is not the traveller's to set. Whether these offers fit with one is not known.
  select v_help || coalesce(
    jsonb_agg(
      jsonb_build_object(
        'change', 'currency',
        'offers', (n.value ->> 'offers')::integer,
        'sentence', format(
          'Your limit is in %s: an offer in %s cannot be compared with it, because %s. An '
          'operator sets the rate (engine.set_exchange_rate)%s.',
          v_trip.currency,
          coalesce(c.currencies, 'another currency'),
          r.why,
          ', or state the limit in ' || c.currencies
        )
      )
      order by n.ordinality
    ),
    '[]'
  ) into v_help
  from jsonb_array_elements(v_not_chosen) with ordinality as n
  inner join (
    values
    ('no_exchange_rate', 'there is no exchange rate'),
    ('exchange_rate_too_old', 'the exchange rate is too old'),
    ('exchange_rates_disagree', 'the exchange rates disagree')
  ) as r (reason, why)
    on n.value ->> 'reason' = r.reason
  cross join lateral (
    select string_agg(distinct o.price_currency, ' or ') as currencies
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.day >= v_from
      and o.search_round = v_trip.search_round
      and r.reason = any (o.ineligible)
  ) as c;

  select array_agg(h.value ->> 'sentence' order by h.ordinality) into v_helpful
  from jsonb_array_elements(v_help) with ordinality as h;
  if v_fit = 0 and v_offers > 0 and v_helpful is null then
    -- What misses the fewest wishes, and of these the cheapest.
    select array[
      format(
        'No single change is enough. The closest is %s: it is %s.',
        engine.describe_offer(o),
        (
          select string_agg(coalesce(r.what, m.reason), ' and ' order by m.ordinality)
          from unnest(o.ineligible) with ordinality as m (reason, ordinality)
          left join engine.list_reasons() as r on m.reason = r.reason
        )
      )
    ] into v_helpful
    from public.flight_offers as o
    where o.user_id = v_trip.user_id
      and o.trip_request_id = v_trip.id
      and o.day >= v_from
      and o.search_round = v_trip.search_round
      and o.ineligible <> '{}'
    order by
      cardinality(o.ineligible), (o.score_parts ->> 'price')::numeric, o.offer_id
    limit 1;
  end if;

  select p.* into v_proposal
  from public.offer_proposals as p
  where p.user_id = v_trip.user_id
    and p.trip_request_id = v_trip.id
    and p.state = 'OPEN';

  return jsonb_build_object(
    'trip', v_trip.id,
    'status', v_trip.auto_book_status,
    'answered', v_answered,
    'offers', v_offers,
    'fit', v_fit,
    'chosen', case when v_chosen.id is not null then
      jsonb_build_object(
        'offer_id', v_chosen.offer_id,
        'airline', v_chosen.airline,
        'price_amount', v_chosen.price_amount::text,
        'price_currency', v_chosen.price_currency,
        'score', v_chosen.score,
        'score_parts', v_chosen.score_parts
      )
    end,
    'mode', v_trip.booking_mode,
    'proposal', case when v_proposal.id is not null then
      jsonb_build_object(
        'offer_id', v_proposal.offer_id,
        'mode', v_proposal.mode,
        'price_amount', v_proposal.price_amount::text,
        'price_currency', v_proposal.price_currency,
        'answer_by', v_proposal.answer_by,
        'books_at', v_proposal.books_at
      )
    end,
    'why', to_jsonb(v_why),
    'not_chosen', v_not_chosen,
    'what_would_help', v_help,
    'sentences', to_jsonb(
      array_remove(
        array[
          v_headline,
          -- Unless it is said below.
          case
            when coalesce(v_proposal.books_at, v_proposal.answer_by)
              > clock_timestamp()
              and (
                v_chosen.id is null
                or v_proposal.sentence is distinct from v_trip.status_reason
              )
              then v_proposal.sentence
          end,
          -- Why it is not booked yet.
          case
            when v_chosen.id is not null
              and v_trip.auto_book_status not in ('BOOKING', 'BOOKED')
              then v_trip.status_reason
          end
        ]
        || case when v_fit = 0 then v_helpful end
        || v_why
        || array(
          select n.value ->> 'sentence'
          from jsonb_array_elements(v_not_chosen) with ordinality as n
          order by n.ordinality
        )
        || case when v_fit > 0 then v_helpful end,
        null
      )
    )
  );
end;
$$;
comment on function engine.explain_trip(uuid) is
  'Says why the chosen offer was chosen, why the others were not, and what would have '
  'to change; raises SK104 for a trip that is not the caller''s.';
grant execute on function engine.explain_trip(uuid) to authenticated, service_role;
