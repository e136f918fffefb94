-- Support finds an attempt by the trace that a log line, an order or a payment names
-- (operations/trace_story.sql).
-- depends: 0024_traces
-- transactional: false

drop index concurrently if exists public.booking_attempts_trace_id_idx;
create index concurrently booking_attempts_trace_id_idx
  on public.booking_attempts (trace_id);
