# The one list of commands, for people and for CI. `make help` prints it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
SHOP ?= demo
CUSTOMERS ?= 20000
DIR ?= build/$(SHOP)
# The last day of each example's data that leaves its outcomes known.
DATE_demo := 2026-06-30
DATE_completejourney := 2017-12-31
DATE ?= $(DATE_$(SHOP))

VENV := .venv
BIN := $(VENV)/bin
export AIRFLOW_HOME ?= $(CURDIR)/.airflow
export OFFERMILL_SHOP := $(abspath $(DIR))
export GX_ANALYTICS_ENABLED := false
export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False

.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: run
run: setup-$(SHOP) ## Make the example shop, train, and run the night through Airflow (SHOP=demo|completejourney, DATE, CUSTOMERS)
	@started=$$SECONDS; \
	bin/offermill demo $(DIR) --example $(SHOP) --customers $(CUSTOMERS); \
	echo "Training (weekly DAG train_models) for $(DATE)"; \
	bin/offermill train --shop $(DIR) --date $(DATE) --airflow; \
	echo "The night (DAG nightly_offers) of $(DATE)"; \
	bin/offermill run --shop $(DIR) --date $(DATE) --airflow; \
	echo "make run took $$((SECONDS - started)) s after installation"

.PHONY: test
test: $(VENV)/test.stamp ## Set up and run the whole suite, with coverage
	@started=$$SECONDS; \
	$(MAKE) --no-print-directory lint; \
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not scheduler and not every_step" --cov --cov-report=term:skip-covered -q; \
	echo "make test took $$((SECONDS - started)) s after installation"

.PHONY: lint
lint: $(VENV)/test.stamp ## Format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

.PHONY: test-airflow
test-airflow: $(VENV)/test.stamp ## The real scheduler: trigger through the REST API, wait, see success
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m scheduler -q

.PHONY: test-crash
test-crash: $(VENV)/test.stamp ## Every step: nights killed in each, an opt-out at each, every page and every split (hours)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m every_step -q

.PHONY: test-crm
test-crm: $(VENV)/test.stamp .venv-crm/stamp ## Import our lists into a real CRM (Tryton), sell, and read what was redeemed back
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m crm -q

.venv-crm/stamp: requirements-crm.lock
	$(PYTHON) -m venv .venv-crm || python3 -m venv .venv-crm
	.venv-crm/bin/python -m pip install --require-hashes --disable-pip-version-check --quiet -r $<
	@touch $@

.PHONY: airflow
airflow: setup ## Start Airflow's scheduler and UI on http://127.0.0.1:8080 with the DAGs on their schedule
	bin/airflow-local

.PHONY: bench
bench: $(VENV)/test.stamp ## Measure the night per stage (benchmarks/night.py)
	PYTHONPATH=. $(BIN)/python benchmarks/night.py

.PHONY: docs
docs: $(VENV)/run.stamp ## Make docs/reference anew from the code and the promises
	PYTHONPATH=. $(BIN)/python -m offermill.reference
	PYTHONPATH=. $(BIN)/python -m features.reference

.PHONY: setup
setup: $(VENV)/run.stamp ## Make .venv from requirements.lock

.PHONY: setup-demo setup-completejourney
setup-demo: setup
setup-completejourney: $(VENV)/completejourney.stamp

.PHONY: lock
lock: ## Resolve the dependencies anew (needs uv); the other locks follow the tests' versions
	compile="uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet"; \
	$$compile --extra test -o requirements-test.lock; \
	$$compile --constraints requirements-test.lock -o requirements.lock; \
	$$compile --extra completejourney --constraints requirements-test.lock -o requirements-completejourney.lock; \
	uv pip compile benchmarks/comparison.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-comparison.lock; \
	uv pip compile tests/crm/crm.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-crm.lock

.PHONY: comparison
comparison: .venv-comparison/stamp ## Make .venv-comparison with the packages that benchmarks compare with

.venv-comparison/stamp: requirements-comparison.lock
	$(PYTHON) -m venv .venv-comparison || python3 -m venv .venv-comparison
	.venv-comparison/bin/python -m pip install --require-hashes --disable-pip-version-check --quiet -r $<
	@touch $@

.PHONY: clean
clean: ## Remove the environment and everything a run made
	rm -rf $(VENV) .venv-comparison .venv-crm build .airflow

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)

define install
	@echo "Installing $(1) into $(VENV) (a few minutes the first time)"
	$(BIN)/python -m pip install --require-hashes --disable-pip-version-check --quiet --progress-bar on -r $(1)
	@touch $@
endef

$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	$(call install,$<)

$(VENV)/completejourney.stamp: requirements-completejourney.lock | $(BIN)/python
	$(call install,$<)
	@touch $(VENV)/run.stamp

$(VENV)/test.stamp: requirements-test.lock | $(BIN)/python
	$(call install,$<)
	@touch $(VENV)/run.stamp $(VENV)/completejourney.stamp
