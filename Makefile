# One verb per need; CI runs the same ones. Bare `make` prints them.
.DEFAULT_GOAL := help
.PHONY: help setup demo chaos search recovery test fuzz check format clean

BIN := .venv/bin
ROOMS := agents bench broker chaos commands exports pipeline policies schemas simulation tests

PEERS := UV_PYTHON_DOWNLOADS=never .tools/bin/uv sync --quiet --locked --project bench/peers --python $(BIN)/python

help: ## print these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from uv.lock and bring Kafka's jars; quick when nothing changed
	@deploy/setup.sh

demo: setup ## watch alerts and flags appear from a real broker (DEMO_SECONDS=60: stop by itself)
	@$(BIN)/tellonce demo

test: setup check ## everything that must hold: check, then all tests, the real broker included
	@$(BIN)/pytest

chaos: setup ## faults on a real broker, held against the pure core (CHAOS_SEED, CHAOS_SECONDS)
	@$(BIN)/python -m chaos

search: setup ## the laws with other examples than ever before
	@HYPOTHESIS_PROFILE=search $(BIN)/pytest -m "not kafka"

recovery: setup ## how long a worker takes to be back, by the size of its state, and after a kill
	@$(BIN)/python -m chaos.recovery

fuzz: setup ## 20,000 hostile messages a source: each a touchpoint or a dead letter (FUZZ_SEED=n: others)
	@FUZZ_MESSAGES=$${FUZZ_MESSAGES:-20000} $(BIN)/pytest --quiet tests/pipeline/test_fuzz.py

check: setup ## style, types and walls (ruff, mypy, import-linter)
	@$(BIN)/ruff check --quiet $(ROOMS)
	@$(BIN)/ruff format --check --quiet $(ROOMS)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

bench: setup ## how fast, beside Quix Streams, Bytewax and Kafka's clients by hand, on the same work: a quarter of an hour
	@$(PEERS)
	@$(BIN)/python -m bench

bench-quick: setup ## the same in three minutes; fails where the ratio to aiokafka by hand fell by more than 15 %
	@$(PEERS)
	@$(BIN)/python -m bench --quick

bench-latency: setup ## how long an alert takes after its event, steadily and while catching up, beside the same by hand
	@$(BIN)/python -m bench.latency

bench-many: setup ## what a million customers in state cost, beside ten thousand
	@$(BIN)/python -m bench.many

bench-scaleout: setup ## the CPU of an event with one worker, with two and with four
	@$(BIN)/python -m bench.scaleout

format: setup ## put the code into the house's shape
	@$(BIN)/ruff check --quiet --fix-only $(ROOMS)
	@$(BIN)/ruff format --quiet $(ROOMS)

clean: ## remove what setup and the tools made; a running broker and its data stay
	@rm -rf .venv .tools bench/peers/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist \
		deploy/broker/jars deploy/broker/jars.new deploy/broker/target
	@find $(ROOMS) -name __pycache__ -type d -prune -exec rm -rf {} +
