# The only door for people: `make help`.
SIZE ?= full
PORT ?= 8000
DATA ?= .data
SEED ?=
N ?= 10
CHANGES ?=
BENCH ?=
BIN := .venv/bin
INSTALL := sh tools/bootstrap.sh
# Bytecode is kept, wherever the machine says otherwise: compiling everything anew doubles the start of each process.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run check test e2e lighthouse walks fuzz chaos bench migrate openapi web client lock format clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo "  SIZE=$(SIZE) PORT=$(PORT) DATA=$(DATA) are the defaults of run; SEED= N=$(N) those of chaos"

install: ## make .venv and install what the lock names (no network when it is there already)
	@$(INSTALL)

run: ## start everything: PostgreSQL, twins, worker, API (SIZE=full|small PORT= DATA=)
	@$(INSTALL) && sh tools/web.sh && exec $(BIN)/clobus up --size "$(SIZE)" --port "$(PORT)" --data "$(DATA)"

check: ## ruff, mypy, import-linter, architecture tests
	@$(INSTALL)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src twins/src
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/architecture

test: ## every test
	@$(INSTALL)
	@sh tools/browser.sh
	@sh tools/web.sh
	@sh tools/lighthouse.sh
	$(BIN)/pytest -q -n 3 --dist worksteal tests

e2e: ## the tests of pages, in Chromium
	@$(INSTALL)
	@sh tools/browser.sh
	@sh tools/web.sh
	@sh tools/lighthouse.sh
	$(BIN)/pytest -q tests/e2e

lighthouse: ## Google's audit of sign-in, home and a request (RUNS=3 each; reports in build/lighthouse), page turns
	@$(INSTALL)
	@sh tools/browser.sh
	@sh tools/web.sh
	@sh tools/lighthouse.sh
	$(BIN)/python -m tests.e2e.lighthouse

walks: ## the story of a request under every fault (make test tries one of each sort)
	@$(INSTALL)
	WALKS=all $(BIN)/pytest -q -n 2 tests/flows/test_story_under_faults.py

fuzz: ## generated calls of every operation as every role (N= for each; make test makes one)
	@$(INSTALL)
	EXAMPLES="$(N)" $(BIN)/pytest -q -n 2 tests/api/test_schemathesis.py tests/api/test_hostile_input.py

chaos: ## N seeded chaos runs (SEED= for one)
	@$(INSTALL)
	CHAOS_SEED="$(SEED)" CHAOS_RUNS="$(N)" CHAOS_CHANGES="$(CHANGES)" $(BIN)/pytest -q -s -m chaos --timeout 0 tests/chaos

bench: ## measure (BENCH= names one; see benchmarks/RESULTS.md)
	@$(INSTALL)
	$(BIN)/python -m benchmarks $(BENCH)

migrate: ## bring the database of CLOBUS_DATABASE_URL, or of DATA, to the newest schema
	@$(INSTALL)
	DATA="$(DATA)" $(BIN)/clobus db upgrade

openapi: ## write the API's document anew (tests/api/openapi.json), to be looked through and committed
	@$(INSTALL)
	$(BIN)/clobus openapi > tests/api/openapi.json.new && mv tests/api/openapi.json.new tests/api/openapi.json

web: ## build the web app into web/out (nothing to do when its sources are as they were)
	@$(INSTALL)
	@sh tools/web.sh

client: ## write the web app's typed client anew from tests/api/openapi.json
	@$(INSTALL)
	@sh tools/web.sh client

format: ## let ruff format and mend
	@$(INSTALL)
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

lock: ## resolve the lock files anew from pyproject.toml
	@$(INSTALL)
	sh tools/lock.sh

clean: ## remove the environment, caches and DATA
	@if [ -f "$(DATA)/instance.json" ]; then rm -rf "$(DATA)"; fi
	rm -rf .venv web/node_modules web/.next web/out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
