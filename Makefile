# The same commands serve a person, CI and CONTRIBUTING.md.
VENV ?= .venv
PY = $(VENV)/bin/python
BIN = $(VENV)/bin

.PHONY: check test unit demo env clean

env: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed: apt install python3'; exit 1; }
	@python3 -c 'import ensurepip' 2>/dev/null || { echo 'the venv module is missing: apt install python3-venv'; exit 1; }
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(BIN)/pip install -q -e '.[dev]'
	@touch $@

check: env
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/tmp/lint-imports.$$$$ 2>&1 || { cat /tmp/lint-imports.$$$$; exit 1; }

unit: env
	@$(BIN)/pytest -q -n auto -m 'not slow and not interop' tests

test: env
	@$(BIN)/pytest -q -n auto tests

demo: env
	@$(BIN)/ain run examples/golden/scenario.toml

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name '*.so' -not -path './.venv/*' -delete
