-- Written through set_exchange_rate and confirm_exchange_rates.
drop policy if exists exchange_rates_owner_all on engine.exchange_rates;
create policy exchange_rates_owner_all on engine.exchange_rates
  to skylatch_owner
  using (true)
  with check (true);
