# Every target sets up .venv by itself. With a fresh stamp nothing is installed and no network is needed.

VENV := .venv
BIN := $(VENV)/bin
# torch is large, so its plugin is no part of what `make test` installs: it has a target of its own, test-torch.
ALONE := plugins/dispatchml-torch/
PLUGINS := $(filter-out $(ALONE),$(sort $(dir $(wildcard plugins/*/pyproject.toml))))
PROJECTS := pyproject.toml $(addsuffix pyproject.toml,$(PLUGINS))
# WHEELS=folder installs everything from wheels, without network.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(WHEELS),--no-index --find-links $(WHEELS))
BENCHMARKS := $(filter-out benchmarks/_% benchmarks/gpu.py,$(sort $(wildcard benchmarks/*.py))) benchmarks/gradbench/run.py
EDITABLE_PLUGINS := $(addprefix -e ./,$(patsubst %/,%,$(PLUGINS)))

# What is run a second time, without the machine code for small arrays and with all plugins loaded beforehand.
CORE := tests/rules tests/engines tests/transforms tests/numpy tests/test_bad_input.py

# PYTHON=... chooses the interpreter; else the first of these that is new enough.
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python)

.DELETE_ON_ERROR:
.PHONY: help demo test test-torch test-scipy test-gpu bench-gpu matrix lifted lint bench docs clean random-functions

help:
	@echo "make demo    fit an orbit with units (examples/orbit.py)"
	@echo "make test    the tests, without those marked slow or gpu"
	@echo "make test-torch  the tests of dispatchml-torch (installs torch, which is large)"
	@echo "make test-gpu, make bench-gpu  on a machine with a card (CUDA=cuda12 or cuda13); results in benchmarks/results"
	@echo "make test-scipy  the tests of dispatchml-scipy with another SciPy, SCIPY=1.16.0 the oldest, in an environment of its own"
	@echo "make random-functions  10,000 random functions, compiled and uncompiled (an hour)"
	@echo "make matrix  every type with every transform, as a table and as docs/_static/matrix.{html,png}"
	@echo "make lifted  SciPy and other packages, differentiated as they are, as the table docs/lifted.md (installs them)"
	@echo "make lint    format, lint and types"
	@echo "make bench   measurements beside peers (installs them)"
	@echo "make docs    HTML in docs/_build/html"
	@echo "make clean   remove $(VENV) and what the other targets wrote"

demo: $(VENV)/dev.stamp
	$(BIN)/python examples/orbit.py

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --benchmark-disable -m "not slow and not gpu"
	DISPATCHML_NATIVE=0 DISPATCHML_TESTS_WITH_ALL_PLUGINS=1 $(BIN)/python -m pytest -n auto -q --benchmark-disable \
	    -m "not slow and not gpu" $(CORE)
	DISPATCHML_TESTS_WITHOUT_PLUGINS=1 $(BIN)/python -m pytest -q --benchmark-disable tests/test_bad_input.py

# TORCH=... names the build, such as TORCH=torch==2.13.0+cpu where pip is set up for it; the CPU build is enough.
test-torch: $(VENV)/torch.stamp
	DISPATCHML_TEST_TORCH=1 $(BIN)/python -m pytest --benchmark-disable plugins/dispatchml-torch/tests

# For a machine with a card. CUDA=cuda12 or cuda13 is the extra that brings CuPy.
CUDA := cuda13
test-gpu: $(VENV)/gpu.stamp
	$(BIN)/dispatchml doctor
	$(BIN)/python tests/gpu/unattended.py test

bench-gpu: $(VENV)/gpu.stamp
	$(BIN)/python tests/gpu/unattended.py bench

# The oldest SciPy that dispatchml-scipy promises; make test-scipy SCIPY=1.17.1 for another one.
SCIPY := 1.16.0
OTHER := $(VENV)/scipy-$(SCIPY)

test-scipy: $(BIN)/python
	@test -d $(OTHER) || $(BIN)/python -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" -e ./plugins/dispatchml-scipy \
	    -e ./plugins/dispatchml-sparse -e ./plugins/dispatchml-pint "scipy==$(SCIPY)"
	$(OTHER)/bin/python -m pytest -q --benchmark-disable -m "not slow and not gpu" plugins/dispatchml-scipy/tests

random-functions: $(VENV)/dev.stamp
	DISPATCHML_RANDOM_FUNCTIONS=10000 $(BIN)/python -m pytest -q tests/compile/test_random_functions.py

matrix: $(VENV)/dev.stamp
	$(BIN)/dispatchml matrix --html docs/_static/matrix.html --png docs/_static/matrix.png

lifted: $(VENV)/lifted.stamp
	$(BIN)/python tests/lift/table.py --write
	$(BIN)/python tests/lift/table.py --programs --write

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: $(VENV)/bench.stamp
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python $$script; done

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) docs/_build examples/output .pytest_cache .ruff_cache .hypothesis .benchmarks

# The extras are added to one environment, one stamp each; dispatchml and its plugins are installed together, so that a
# plugin's requirement of dispatchml is met by this checkout.

$(VENV)/dev.stamp: $(PROJECTS) $(BIN)/python
	@echo "installing dispatchml, its plugins and the tools into $(VENV); the first time takes minutes"
	$(INSTALL) -e ".[dev]" $(EDITABLE_PLUGINS)
	@touch $@

$(VENV)/bench.stamp: $(VENV)/dev.stamp
	@echo "installing the peers into $(VENV)"
	$(INSTALL) -e ".[bench]"
	@touch $@

$(VENV)/torch.stamp: $(VENV)/dev.stamp plugins/dispatchml-torch/pyproject.toml
	@echo "installing torch and its plugin into $(VENV)"
	$(INSTALL) "$(or $(TORCH),torch)" -e ./plugins/dispatchml-torch
	@touch $@

$(VENV)/gpu.stamp: $(VENV)/dev.stamp
	@echo "installing CuPy into $(VENV)"
	$(INSTALL) -e ".[$(CUDA)]"
	@touch $@

$(VENV)/lifted.stamp: $(VENV)/dev.stamp
	$(INSTALL) -e ".[lifted]"
	@touch $@

$(VENV)/docs.stamp: $(VENV)/dev.stamp
	$(INSTALL) -e ".[docs]"
	@touch $@

$(BIN)/python:
	@set -e; for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        if ! $$python -c 'import venv, ensurepip' 2>/dev/null; then \
	            echo "$$python cannot make virtual environments: install its venv package (python3-venv on Debian)." >&2; \
	            exit 1; \
	        fi; \
	        echo "making $(VENV) with $$python"; \
	        exec $$python -m venv --clear $(VENV); \
	    fi; \
	done; \
	echo "dispatchml needs Python 3.11 or newer; tried: $(PYTHONS). Name one with: make PYTHON=/path/to/python" >&2; \
	exit 1

# The suite of the Array API standard, in a checkout of yours: make array-api ARRAY_API_TESTS=path (tests/array_api/run.py says which).
.PHONY: array-api
array-api: $(VENV)/dev.stamp
	$(if $(ARRAY_API_TESTS),$(INSTALL) -r $(ARRAY_API_TESTS)/requirements.txt)
	$(BIN)/python tests/array_api/run.py $(ARRAY_API_TESTS)
