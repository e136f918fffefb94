-- What the case was about has ended, by itself or by an operator's order.
create or replace function engine.close_case(
  p_kind text, p_object_id text, p_actor text, p_resolution text, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.review_cases
  set resolved_at = p_now, resolved_by = p_actor, resolution = p_resolution
  where kind = p_kind and object_id = p_object_id and resolved_at is null;
end;
$$;
comment on function engine.close_case(text, text, text, text, timestamptz) is
  'Closes the open case of a subject, if there is one.';
