# Sets everything up by itself: a virtual environment in .venv, the package, its extras.
PYTHON ?= python3
CORES ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check corpus census models bench clean
help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test,examples,bench]'
	@touch $@

demo: $(STAMP)  ## migrate and verify the digits classifier, end to end
	$(BIN)/python examples/digits/demo.py

# A file's tests stay in one process: they compile the same operations.
test: $(STAMP)  ## all tests, on CORES processes (2)
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile

check: $(STAMP)  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

corpus: $(STAMP)  ## fetch the real-world packages and run the codemod over all of them
	$(BIN)/python -m tests.corpus

census: $(STAMP)  ## migrate and compare every Linen class of these packages; takes long
	$(BIN)/python -m pip install --quiet --editable '.[corpus]'
	$(BIN)/python benchmarks/corpus.py --update

models: $(STAMP)  ## migrate whole models of these packages, convert their variables, compare outputs
	$(BIN)/python -m pip install --quiet --editable '.[corpus]'
	$(BIN)/python -W ignore benchmarks/models.py

bench: $(STAMP)  ## the benchmarks; each prints ratios of one run
	$(BIN)/python benchmarks/layers.py
	$(BIN)/python benchmarks/codemod.py
	$(BIN)/python benchmarks/equivalence.py
	$(BIN)/python benchmarks/checkpoint.py

clean:  ## forget the environment and the caches
	rm -rf $(VENV) .corpus build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
