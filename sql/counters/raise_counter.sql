-- As a new row: no booking waits for another one because both are counted.
create or replace function engine.raise_counter(
  p_counter text, p_labels jsonb, p_value numeric
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.counter_parts (counter, labels, value)
  values (p_counter, p_labels, p_value);
end;
$$;
comment on function engine.raise_counter(text, jsonb, numeric) is
  'Raises one counter of /metrics with the transaction that asks.';
