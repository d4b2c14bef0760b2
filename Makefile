# The commands of this project. `make demo` and `make test` set everything up first; the second time that takes no time.
# Needs Python 3.11 or newer with venv; uv is fetched into .venv when it is not on the PATH.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements/dev.txt

# The first interpreter here that is new enough; `make PYTHON=/path/to/python3.12 setup` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
UV = $(shell command -v uv || echo $(BIN)/uv)
ENSURE_UV = command -v uv >/dev/null || test -x $(BIN)/uv || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint format types package bench lock help-pages screenshots clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(STAMP)  ## make .venv and install the pinned set into it

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3.12 setup" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "error: $(PYTHON) cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }

$(STAMP): $(BIN)/python pyproject.toml $(LOCK) requirements/uv.txt
	@$(ENSURE_UV)
	@echo "installing the pinned set into $(VENV) (some gigabytes the first time: torch)"
	@$(UV) pip sync --compile-bytecode --python $(BIN)/python --require-hashes $(LOCK)
	@$(UV) pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)  ## ask the agent about the shipped pictures and show its tool calls, evidence and answers
	@$(BIN)/python -m mm_agent.cli.demo

test: $(STAMP)  ## the whole test suite but for the packaging test
	$(BIN)/python -m pytest -m "not packaging"

quick: $(STAMP)  ## the test suite without the slow and the packaging tests
	$(BIN)/python -m pytest -m "not slow and not packaging"

lint: $(STAMP)  ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## ruff: mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)  ## pyright
	$(BIN)/pyright --pythonpath $(BIN)/python

package: $(STAMP)  ## build wheel and sdist in a temporary folder and check what is in them
	$(BIN)/python -m pytest tests/packaging

bench: $(STAMP)  ## images per second beside the transformers pipeline
	$(BIN)/python benchmarks/zero_shot.py

help-pages: $(STAMP)  ## write docs/cli.md from the commands' own --help, and the table in docs/tools.md
	$(BIN)/python docs/help_pages.py
	$(BIN)/python docs/tool_table.py

screenshots: $(STAMP)  ## take docs/images/web-chat.png; needs chromium and fonts-noto-cjk
	$(BIN)/python docs/screenshots.py

lock: $(BIN)/python  ## pin the newest versions that fit pyproject.toml; no index address is written
	@$(ENSURE_UV)
	$(COMPILE) --upgrade --extra dev pyproject.toml --output-file $(LOCK)
	grep '^uv==' $(LOCK) | cut -d' ' -f1 | $(COMPILE) - --output-file requirements/uv.txt

clean:  ## remove .venv, caches and build output
	rm -rf $(VENV) .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
