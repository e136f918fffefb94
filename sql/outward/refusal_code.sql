-- Knows where each provider writes the code of an error. Of several codes one without a
-- rule counts, because its meaning is unknown.
create or replace function engine.refusal_code(
  p_operation text, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
declare
  v_body jsonb := p_report.body;
  v_code text;
  v_provider text;
begin
  select o.provider into v_provider
  from engine.operations as o where o.operation = p_operation;
  if v_provider = 'duffel' then
    select e.value ->> 'code' into v_code
    from jsonb_array_elements(
      case jsonb_typeof(v_body -> 'errors')
        when 'array' then v_body -> 'errors' else '[]'
      end
    ) as e
    left join engine.outcome_rules as r
      on r.operation = p_operation and r.error_code = e.value ->> 'code'
    order by r.error_code is not null
    limit 1;
  else
    v_code := coalesce(
      v_body #>> '{error,decline_code}', v_body #>> '{error,code}',
      v_body #>> '{error,type}'
    );
    if v_body #>> '{error,code}' = 'authentication_required' then
      v_code := 'authentication_required';
    end if;
  end if;
  return engine.provider_word(v_code, 'no_code');
end;
$$;
comment on function engine.refusal_code(text, engine.call_report) is
  'Returns the code with which a provider refuses a call.';
