# Every target says in one sentence what it does; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs pictures letters translations venv packages
.NOTPARALLEL:

BIN := .venv/bin
PYTEST_ARGS ?=
WORKERS ?= 3 # of pytest: one more than the two cores of the smallest machine, for many tests wait for a server or a browser

help: ## Say what can be made.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 10

demo: ## Send a dozen letters through a real gateway on this machine and show what became of them (ONCE=1: then stop).
	@tools/setup.sh demo
	@$(BIN)/vanthu demo $(if $(ONCE),--once)

test: venv packages check ## Check everything, then test everything against real servers (Postfix, PostgreSQL, a browser).
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: venv ## Read the code without running it: format, lint, types, who may import whom.
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: venv packages ## Measure speed and safety beside Postfix, in the same run on the same machine.
	@$(BIN)/python -m bench

docs: venv ## Write the pages that are made from the code.
	@$(BIN)/python -m tools.write_docs

pictures: venv packages ## Take the pictures of the console in docs/console/ (a made-up house).
	@$(BIN)/python -m tools.picture_console

translations: venv ## Read the texts of the console into its catalogue, and say which have no English yet.
	@$(BIN)/python -m tools.translations

letters: venv ## Write the letters of the demo anew.
	@$(BIN)/python -m tools.make_letters

venv:
	@tools/setup.sh test

packages:
	@tools/install-debian.sh
