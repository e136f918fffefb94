# Everything starts here. On a bare Debian or Ubuntu machine with git and make, each
# target first installs what it needs (as root, or by sudo).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The system's own Python: another one that happens to be first in PATH may live where
# the servers' accounts cannot read, and breaks plpython3u when they inherit it.
SYSTEM_PYTHON := /usr/bin/python3
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/installed
LOCAL := $(PYTHON) -m sidecar local
MIGRATIONS = $(wildcard sql/migrations/*.sql)
# prefer-robust-stmts: each migration is one transaction. The timeouts are set on the
# migration's connection. Keys are uuid or bigint already; what is integer here counts
# passengers or minutes. The one domain, money, is a rule that does not change.
SQUAWK_EXCLUDE := prefer-robust-stmts,require-lock-timeout,require-statement-timeout,prefer-bigint-over-int,prefer-bigint-over-smallint,ban-create-domain-with-constraint

# A process manager or a shell profile may have set these for another Python.
unexport PYTHONHOME
unexport PYTHONPATH
unexport VIRTUAL_ENV
# Or that nothing compiled is kept: then each process compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Install Python's packages into .venv

$(STAMP): pyproject.toml
	@if ! $(SYSTEM_PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo 'error: no python3 with venv, and no apt to install it: install Python 3.11 or newer' >&2; exit 1; fi; \
	  if [ "$$(id -u)" -eq 0 ]; then as_root=; \
	  elif command -v sudo >/dev/null; then as_root=sudo; \
	  else echo 'error: neither root nor sudo: run once as root: apt-get install python3-venv' >&2; exit 1; fi; \
	  echo '· installing python3 and python3-venv'; \
	  $$as_root apt-get --quiet -o DPkg::Lock::Timeout=300 update && \
	  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet -o DPkg::Lock::Timeout=300 \
	    install --yes --no-install-recommends python3 python3-venv; \
	fi
	@$(SYSTEM_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $$($(SYSTEM_PYTHON) --version) is too old: 3.11 is the oldest that works" >&2; exit 1; }
	@echo '· installing Python packages into $(VENV)'
	@# The lock is held on the Makefile: two makes at once do not share a half-made .venv.
	@flock Makefile sh -euc '\
	  $(PYTHON) -m pip --version >/dev/null 2>&1 || $(SYSTEM_PYTHON) -m venv --clear $(VENV); \
	  $(PYTHON) -m pip install --quiet --disable-pip-version-check -e ".[dev]"; \
	  touch $@'

install: setup
	@$(LOCAL) install

up: setup ## Start the stack and leave it running: RECORDINGS=
	@$(LOCAL) up $(if $(RECORDINGS),--recordings '$(RECORDINGS)')

secrets: setup ## Make the secrets of docker-compose.yml, below secrets/
	@$(LOCAL) secrets

down: ## Stop the stack; its data stays
	@if [ -e $(STAMP) ]; then $(LOCAL) down; fi

status: setup ## Show what runs
	@$(LOCAL) status

app: setup ## Show how an application connects, and a first trip to paste
	@$(LOCAL) app

psql: setup ## Open psql on the stack's database
	@$(LOCAL) psql

demo: install ## Show the whole thing at work, then stop: RECORDINGS=
	@$(LOCAL) demo $(if $(RECORDINGS),--recordings '$(RECORDINGS)')

test-tools: setup
	@$(LOCAL) install --for-tests

# Who asks for some tests ran all of them before, and waits for nothing else.
test: setup $(if $(ARGS),,test-tools) ## Run the tests, each worker on a cluster of its own; or some: ARGS='-k …'
	@# More at a time than there are processors: much of a test is waiting.
	@$(PYTHON) -m pytest $(or $(ARGS),-n 4 --dist worksteal)

test-debian13: ## Run the tests on Debian 13 (PostgreSQL 17), in a root of its own: ARGS=
	@tests/debian.sh trixie $(ARGS)

test-debian14: ## Run the tests on Debian 14 to be (PostgreSQL 18), likewise: ARGS=
	@tests/debian.sh forky $(ARGS)

contract: setup ## Compare the doubles with Duffel's, Stripe's, LaunchDarkly's test modes, by your keys
	@$(PYTHON) -m tests.contract

fuzz: install ## Try the callbacks with very many bodies
	@$(PYTHON) -m pytest tests/sidecar/test_webhook_fuzz.py --fuzz 20000 -s

check: install ## Run the linters, the type checker and the SQL conventions
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/sqlfluff lint --disable-progress-bar sql
	$(VENV)/bin/squawk --assume-in-transaction --pg-version 15 \
	  --exclude $(SQUAWK_EXCLUDE) $$(grep -L '^-- transactional: false' $(MIGRATIONS))
	@# An index of a table that is in use is built outside of a transaction.
	@pieces=$$(grep -l '^-- transactional: false' $(MIGRATIONS)); [ -z "$$pieces" ] || \
	  $(VENV)/bin/squawk --pg-version 15 --exclude $(SQUAWK_EXCLUDE) $$pieces
	@# Empty until the first release.
	cd sql/migrations && { [ ! -s SHA256SUMS ] || sha256sum --check --quiet SHA256SUMS; }
	$(PYTHON) -m pytest tests/sql/test_conventions.py tests/sql/test_documents.py \
	  tests/sql/test_schema_snapshot.py tests/sql/test_flag_register.py::test_no_flag_is_expired \
	  tests/sql/test_invariants.py::test_every_promise_is_tried

refusals: install ## Write docs/refusals.md: what is said of wrong databases, settings and keys
	@REFUSALS=write $(PYTHON) -m pytest -q -n 0 tests/e2e/test_refused_*.py

bench: install ## Measure what a booking costs, beside a bare saga; and each promise
	@$(PYTHON) -m tests.bench.booking

bench-flags: install ## Measure what deciding a flag costs in the server
	@$(PYTHON) -m tests.bench.flags

bench-ingest: install ## Measure what storing and ranking 500 offers costs
	@$(PYTHON) -m tests.bench.ingest

bench-losers: install ## Count what an offer that loses costs: disk, log, rows
	@$(PYTHON) -m tests.bench.losers

DUE ?= 2000
bench-drain: install ## Measure how fast the stack of make up books what is due: DUE=
	@$(PYTHON) -m tests.bench.drain --trips $(DUE)

bench-waiting: install ## Play fares through buy-or-wait: paid, missed, regret
	@$(PYTHON) -m tests.bench.waiting

bench-scale: install ## Compare a tick beside a million trips with one beside few
	@$(PYTHON) -m tests.bench.scale

bench-invariants: install ## Measure what watching a million attempts costs
	@$(PYTHON) -m tests.bench.invariants

bench-locked: install ## Measure others' bookings beside a traveller who holds rows
	@$(PYTHON) -m tests.bench.locked

bench-metrics: install ## Measure what counting costs a booking, and what a scrape costs
	@$(PYTHON) -m tests.bench.metrics

bench-traces: install ## Measure what writing spans costs a booking: off, one in ten, all
	@$(PYTHON) -m tests.bench.traces

bench-watched: install ## Measure what logs, metrics and traces cost, with a real worker
	@$(PYTHON) -m tests.bench.watched

bench-sidecar: install ## Measure what the sidecar itself costs: CPU a call, memory, connections
	@$(PYTHON) -m tests.bench.sidecar

DEPLOYS ?= 20
deploys: install ## Deploy beside bookings, kill deploys everywhere, upgrade every state: DEPLOYS=
	@$(PYTHON) -m tests.deploy.load --deploys $(DEPLOYS)
	@DEPLOY_POINTS=all $(PYTHON) -m pytest -n 4 --dist worksteal tests/deploy

crash-points: install ## Crash sidecar and database at every point of the saga: PAIRS=all
	@CRASH_POINTS=all CRASH_PAIRS=$(PAIRS) $(PYTHON) -m pytest -n 4 --dist worksteal tests/chaos/test_kill.py \
	  tests/chaos/test_database_crash.py

alerts: setup ## Fire every alert by its fault, scraped by a real Prometheus; print the table: ALERTS=
	@$(LOCAL) install --for-tests
	@$(PYTHON) -m tests.alerts.fire $(ALERTS)

mutants: install ## Take one guard away at a time; some test has to notice
	@$(PYTHON) -m tests.chaos.try_mutants

failover: install ## Kill the primary at every state of the saga, promote its replica; print the table
	@$(PYTHON) -m tests.chaos.failover

night: install ## Break one thing after the other; print what was known when, and by what
	@$(PYTHON) -m tests.chaos.night

LIVES ?= 500
model: install ## Play random lives of trips, every promise checked after each step: LIVES= SEED=
	@MODEL_LIVES=$(LIVES) $(PYTHON) -m pytest tests/chaos/test_model.py -s \
	  $(if $(SEED),--hypothesis-seed $(SEED))

campaign: install ## Book thousands of trips while everything fails: SAGAS= MINUTES= SEED= SERVER=
	@$(PYTHON) -m tests.chaos.campaign $(if $(SAGAS),--sagas $(SAGAS)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(SERVER),--server '$(SERVER)')

chaos: install ## Book thousands of trips while machines fail: TRIPS= MINUTES= SEED=
	@$(PYTHON) -m tests.chaos.process_chaos $(if $(TRIPS),--trips $(TRIPS)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

TRIPS ?= 10000
DAYS ?= 30
# Searches per minute, one or several.
BUDGET ?= 3,10,30
simulate: install ## Play a month of trips through the search plan; write docs/search-simulation
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	@$(PYTHON) -m tests.bench.simulation --trips $(TRIPS) --days $(DAYS) --budget $(BUDGET)

schema: setup ## Regenerate sql/tables.sql, sql/grants.txt and the saga's drawing in sql/README.md
	@$(LOCAL) schema

release: setup ## Freeze the migrations, and keep this checkout as the release that upgrades begin from
	cd sql/migrations && sha256sum *.sql > SHA256SUMS
	@$(PYTHON) -m tests.deploy.checkouts

diagram: schema ## Draw the saga from its rows: the same as schema

clean: ## Stop the stack and remove caches and .venv; the stack's data stays
	@if [ -e $(STAMP) ]; then $(LOCAL) down || true; fi
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup install up app secrets down status psql demo test test-tools test-debian13 \
  test-debian14 refusals contract fuzz crash-points alerts mutants model campaign chaos failover night deploys check bench \
  bench-flags bench-ingest bench-losers bench-waiting bench-scale bench-invariants bench-locked bench-metrics bench-traces \
  bench-watched bench-sidecar simulate schema release diagram clean
