# make install: the environment; make run: the main job; make test: lint, types, every test; make bench: accuracy and speed;
# make compat: both builds of Argos Translate.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install run test bench compat lint clients clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make install PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[e5,test]"
	touch $(STAMP)

run: install
	$(BIN)/align run corpora/lavrov-2017-05-10
	$(BIN)/align run corpora/ntrex-news

test: install clients lint
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The browser and the CAT tool that tests/real drives: installed where that needs no question (Debian, as root).
clients:
	@sh tests/real/install-clients.sh

bench: install
	$(BIN)/python benchmarks/run.py

# Back-translation with either build of Argos Translate, in environments of their own. Upstream brings PyTorch (1.5 GB);
# TORCH=torch==2.13.0 says which one is installed first.
compat: install
	$(BIN)/python benchmarks/backtranslation/compat.py $(if $(TORCH),--first $(TORCH))

clean:
	rm -rf .venv build dist *.egg-info corpora/*/out
