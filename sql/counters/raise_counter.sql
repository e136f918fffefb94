-- Each count is a new row, so that no booking waits for another one because both are
-- counted.
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
  'Adds to one counter of /metrics, in the transaction of the caller.';
