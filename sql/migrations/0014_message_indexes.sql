-- Indexes of tables that are in use. Messages that wait for a mail server keep neither
-- searches nor reads waiting: each kind of call has an index of its own.
-- depends: 0013_messages
-- transactional: false

drop index concurrently if exists engine.provider_calls_delivery_id_idx;
create index concurrently provider_calls_delivery_id_idx
  on engine.provider_calls (delivery_id) where delivery_id is not null;

drop index concurrently if exists engine.provider_calls_ready_delivery_idx;
create index concurrently provider_calls_ready_delivery_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and delivery_id is not null;

drop index concurrently if exists engine.provider_calls_ready_read_idx;
create index concurrently provider_calls_ready_read_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and user_id is null and delivery_id is null;

drop index concurrently if exists engine.provider_calls_ready_other_idx;
create index concurrently provider_calls_ready_other_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and booking_attempt_id is null and delivery_id is null;

-- In place of these.
drop index concurrently if exists engine.provider_calls_ready_account_idx;
drop index concurrently if exists engine.provider_calls_ready_search_idx;

-- Which cards expire.
drop index concurrently if exists public.payment_methods_expiry_idx;
create index concurrently payment_methods_expiry_idx
  on public.payment_methods (exp_year, exp_month) where detached_at is null;
