# `make demo` runs the main job on sample input; `make test` passes all tests.
# Both install what is missing first, and can be run again at any time.
PYTHON := .venv/bin/python
ONCE ?=
KEEP ?=
RESET ?=
DATA ?= var/data
PROCESSES ?= 3
TESTS = $(PYTHON) -m pytest -n $(PROCESSES) --dist loadfile --durations 50

.PHONY: demo test test-all slow setup check unit bench bench-documents bench-locators bench-web chaos tryton test-tryton

demo:
	@tools/setup.sh run
	@$(PYTHON) -m clerkwork.testing.demo $(if $(ONCE),--once) $(if $(KEEP),--keep)

test: setup check unit

setup:
	@tools/setup.sh dev

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) tools/javascript.py check

unit:
	$(TESTS) -m "not slow"

# The long trials that `make test` leaves out.
slow: setup
	$(TESTS) -m slow

# Everything, with RapidOCR and Tryton installed, and how much of the code the tests run.
test-all: setup check
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,ocr]'
	$(PYTHON) -m clerkwork.testing.tryton --install-only
	$(TESTS) --cov --cov-report=term:skip-covered --cov-fail-under=90

bench: setup
	$(PYTHON) -m benchmarks

chaos: setup
	$(PYTHON) -m tests.chaos

# Reads the development documents in DATA, which are not part of the project.
bench-documents: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[ocr]'
	$(PYTHON) -m benchmarks.documents --data "$(DATA)" --write

# Changes real pages at random and counts which fields are still found; then MiniWoB++ by words alone.
bench-locators: setup
	$(PYTHON) -m clerkwork.testing.tryton --install-only
	$(PYTHON) -m benchmarks.locators --held-out --seeds 1 --triples 100 --write
	$(PYTHON) -m benchmarks.miniwob --write

# A real ERP to try the bots on: installs Tryton in var/tryton, seeds it, serves it on port 8802.
tryton:
	@tools/setup.sh run
	@$(PYTHON) -m clerkwork.testing.tryton $(if $(RESET),--reset)

# Hands an order over to `clerkwork run tryton_orders`, and looks into Tryton's database.
test-tryton: setup
	$(PYTHON) -m clerkwork.testing.tryton --install-only
	$(PYTHON) -m pytest tests/e2e/test_tryton.py

# Enters orders in the portal and in Tryton against bare scripts, then in a portal that fails.
bench-web: setup
	$(PYTHON) -m clerkwork.testing.tryton --install-only
	$(PYTHON) -m benchmarks.web --write
